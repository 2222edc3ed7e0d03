// Everything that one environment of the operations system needs in Azure. Read it as the table of contents: modules/
// holds one file per concern, contract/ the data that the code shares, params/ the profiles. docs/deployment.md tells
// how to deploy it.

targetScope = 'subscription'

import { apiT, contactsT, maintenanceT, namesT, sizingT, tagsT } from 'modules/types.bicep'

@description('Required. Name of the environment: lower-case letters and digits, part of every resource name.')
@minLength(2)
@maxLength(10)
param environmentName string
@description('Required. Region.')
param location string
@description('Required. The region as service health names it, e.g. West Europe.')
param regionDisplayName string
@description('Required. Profile: size, redundancy, cost.')
param sizing sizingT
@description('Optional. Node version of the instances. Check first that the region has it (docs/deployment.md).')
param nodeVersion '22' | '24' = '22'
@description('Optional. Storage, Service Bus and Key Vault are reached over private endpoints only. Needs Service Bus Premium.')
param privateNetwork bool = false
@description('Optional. Address range of the virtual network.')
param networkAddressPrefix string = '10.80.0.0/24'
@description('Optional. Secrets of third parties lie in Key Vault; false puts them into the app settings.')
param keyVault bool = true
@description('Required. The app registration of the API.')
param api apiT
@description('Optional. Platform authentication in front of the app; the code checks every token in any case.')
param platformAuthentication bool = true
@description('Optional. Client ids that may call the API; empty for all that hold a role.')
param allowedApplications string[] = []
@description('Optional. Address of the app behind a domain of its own, without a slash at the end.')
param publicBaseUrl string = ''
@description('Required. Settings of the app that the operator chooses.')
param settings {
  @description('Value.')
  *: string
}
@description('Required. Values of the settings that contract/app.json lists as secrets.')
@secure()
param secrets {
  @description('Value.')
  *: string
}
@description('Required. Domain that mails come from.')
param emailDomain string
@description('Optional. Name before the @ of the sender.')
param emailSender string = 'operations'
@description('Optional. Domain, SPF and DKIM are verified: link the domain. The second phase of a first deployment.')
param emailDomainVerified bool = false
@description('Optional. Where Communication Services keeps mails at rest.')
param mailDataLocation string = 'Europe'
@description('Required. Whom alerts reach besides the app.')
param contacts contactsT
@description('Required. Quiet time for alerts of severity 2 to 4.')
param maintenance maintenanceT
@description('Optional. Entra group that may read the data; empty for none.')
param readersGroupId string = ''
@description('Required. First day of the month that the budget begins in, e.g. 2027-01-01. Cannot be changed later.')
param budgetStartDate string
@description('Optional. Places that the availability tests run at.')
param testLocations string[] = [
  'emea-nl-ams-azr'
  'emea-gb-db3-azr'
  'emea-fr-pra-edge'
  'emea-se-sto-edge'
  'emea-ru-msa-edge'
]

var suffix = take(uniqueString(subscription().id, environmentName, location), 6)
var base = 'dwops-${environmentName}-${suffix}'
var compact = 'dwops${environmentName}${suffix}'
var names namesT = {
  app: 'func-${base}'
  plan: 'plan-${base}'
  appIdentity: 'id-app-${base}'
  alertsIdentity: 'id-alerts-${base}'
  eventsIdentity: 'id-events-${base}'
  hostStorage: 'st${compact}h'
  dataStorage: 'st${compact}d'
  auditStorage: 'st${compact}a'
  serviceBus: 'sb-${base}'
  workspace: 'log-${base}'
  insights: 'appi-${base}'
  communication: 'acs-${base}'
  email: 'mail-${base}'
  mailEvents: 'egst-${base}'
  keyVault: 'kv${compact}'
  network: 'vnet-${base}'
  onCallGroup: 'ag-on-call-${base}'
  ownersGroup: 'ag-owners-${base}'
}
var tags tagsT = {
  application: 'docuware-cloud-operations'
  environment: environmentName
  'azd-env-name': environmentName
}
var baseUrl = empty(publicBaseUrl) ? 'https://${names.app}.azurewebsites.net' : publicBaseUrl
var isPremium = privateNetwork || sizing.serviceBusSku == 'Premium'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${base}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { names: names, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { names: names, location: location, tags: tags, sizing: sizing }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    names: names
    location: location
    tags: tags
    sizing: sizing
    privateNetwork: privateNetwork
  }
}

module messaging 'modules/messaging.bicep' = {
  scope: group
  params: { names: names, location: location, tags: tags, sizing: sizing, privateNetwork: privateNetwork }
}

module communication 'modules/communication.bicep' = {
  scope: group
  params: {
    names: names
    tags: tags
    emailDomain: emailDomain
    emailSender: emailSender
    emailDomainVerified: emailDomainVerified
    dataLocation: mailDataLocation
  }
}

module vault 'modules/key-vault.bicep' = if (keyVault) {
  scope: group
  params: { names: names, location: location, tags: tags, privateNetwork: privateNetwork, secrets: secrets }
}

// The rights come before what needs them: a deployment of code right after would else be refused.
module roles 'modules/roles.bicep' = {
  scope: group
  params: { names: names, keyVault: keyVault, readersGroupId: readersGroupId }
  dependsOn: [identity, monitoring, storage, messaging, communication, vault]
}

module mailEvents 'modules/mail-events.bicep' = {
  scope: group
  params: { names: names, tags: tags }
  dependsOn: [roles]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: { names: names, location: location, tags: tags, addressPrefix: networkAddressPrefix }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: { names: names, location: location, tags: tags, keyVault: keyVault }
  dependsOn: [network, storage, messaging, vault]
}

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    names: names
    location: location
    tags: tags
    sizing: sizing
    nodeVersion: nodeVersion
    privateNetwork: privateNetwork
    keyVault: keyVault
    api: api
    publicBaseUrl: baseUrl
    mailSender: '${emailSender}@${emailDomain}'
    settings: settings
    secrets: secrets
  }
  dependsOn: [roles, network, privateEndpoints]
}

module authentication 'modules/authentication.bicep' = {
  scope: group
  params: {
    names: names
    api: api
    enabled: platformAuthentication
    allowedApplications: allowedApplications
  }
  dependsOn: [app]
}

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  params: { names: names, keyVault: keyVault }
  dependsOn: [app, vault]
}

module actionGroups 'modules/action-groups.bicep' = {
  scope: group
  params: { names: names, tags: tags, api: api, contacts: contacts }
}

module metricAlerts 'modules/metric-alerts.bicep' = {
  scope: group
  params: { names: names, tags: tags, isPremium: isPremium, isZoneRedundant: sizing.zoneRedundant }
  dependsOn: [app, actionGroups, mailEvents]
}

module logAlerts 'modules/log-alerts.bicep' = {
  scope: group
  params: { names: names, location: location, tags: tags }
  dependsOn: [roles, actionGroups]
}

module activityAlerts 'modules/activity-alerts.bicep' = {
  scope: group
  params: { names: names, tags: tags, regionDisplayName: regionDisplayName }
  dependsOn: [monitoring, actionGroups]
}

module availability 'modules/availability.bicep' = {
  scope: group
  params: {
    names: names
    location: location
    tags: tags
    publicBaseUrl: baseUrl
    testLocations: testLocations
  }
  dependsOn: [monitoring, actionGroups]
}

module maintenanceWindows 'modules/maintenance.bicep' = {
  scope: group
  params: { names: names, tags: tags, maintenance: maintenance }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { names: names, location: location, tags: tags }
  dependsOn: [monitoring, messaging]
}

module budget 'modules/budget.bicep' = {
  scope: group
  params: { names: names, amount: sizing.monthlyBudget, startDate: budgetStartDate }
  dependsOn: [actionGroups]
}

module locks 'modules/locks.bicep' = if (sizing.locks) {
  scope: group
  params: { names: names }
  dependsOn: [storage]
}

@description('Resource group of this environment; azd reads it.')
output AZURE_RESOURCE_GROUP string = group.name
@description('Name of the app.')
output APP_NAME string = names.app
@description('Address of the app.')
output APP_URL string = baseUrl
@description('Storage account of the audit log.')
output AUDIT_STORAGE_ACCOUNT string = names.auditStorage
@description('E-mail service, for the DNS records of the domain.')
output EMAIL_SERVICE_NAME string = names.email
@description('Mail domain.')
output EMAIL_DOMAIN string = emailDomain
