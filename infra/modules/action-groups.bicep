// Whom alerts reach. Severity 0 to 2 goes to the on-call group: the app's own alert endpoint (secure webhook, signed in
// for the API's app registration) makes an incident of it; mail and text message are copies that arrive even when the
// app is what is down. Severity 3 and 4 goes to the owners by mail.

import { apiT, contactsT, namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT
@description('Required. The app registration of the API.')
param api apiT
@description('Required. People.')
param contacts contactsT

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: names.onCallGroup
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'dw-on-call'
    webhookReceivers: [
      {
        name: 'operations-app'
        serviceUri: 'https://${names.app}.azurewebsites.net/api/alerts/azure-monitor'
        useAadAuth: true
        objectId: api.objectId
        identifierUri: api.identifierUri
        tenantId: subscription().tenantId
        useCommonAlertSchema: true
      }
    ]
    emailReceivers: [
      for (mail, index) in contacts.onCallMails: {
        name: 'mail-${index}'
        emailAddress: mail
        useCommonAlertSchema: true
      }
    ]
    smsReceivers: [
      for (phone, index) in contacts.onCallPhones: {
        name: 'phone-${index}'
        countryCode: phone.countryCode
        phoneNumber: phone.number
      }
    ]
  }
}

resource owners 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: names.ownersGroup
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'dw-owners'
    emailReceivers: [
      for (mail, index) in contacts.ownerMails: {
        name: 'mail-${index}'
        emailAddress: mail
        useCommonAlertSchema: true
      }
    ]
  }
}
