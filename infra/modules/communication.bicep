// E-mail. In two phases, because a domain must be verified through DNS before it can be linked: first deploy with
// emailDomainVerified = false, set the DNS records, start the verification (docs/deployment.md), then deploy with true.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT
@description('Required. Domain that mails come from, e.g. operations.example.com.')
param emailDomain string
@description('Required. Name before the @ of the sender address.')
param emailSender string
@description('Required. Domain, SPF and DKIM are verified.')
param emailDomainVerified bool
@description('Required. Where mails are kept at rest.')
param dataLocation string

resource email 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: names.email
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource domain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: email
  name: emailDomain
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'CustomerManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource sender 'Microsoft.Communication/emailServices/domains/senderUsernames@2025-09-01' = if (emailDomainVerified) {
  parent: domain
  name: emailSender
  properties: {
    username: emailSender
    displayName: 'DocuWare Cloud Operations'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: names.communication
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: emailDomainVerified ? [domain.id] : []
  }
}
