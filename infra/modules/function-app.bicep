// The app on a Flex Consumption plan. siteConfig carries minTlsVersion only: Flex refuses most other properties, in some
// regions and not in others. App settings are replaced as a whole, so none may be set by hand.

import { apiT, namesT, sizingT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. Profile.')
param sizing sizingT
@description('Required. Node version of the instances.')
param nodeVersion '22' | '24'
@description('Required. Outgoing traffic goes through the virtual network.')
param privateNetwork bool
@description('Required. Secrets are read from Key Vault.')
param keyVault bool
@description('Required. The app registration of the API.')
param api apiT
@description('Required. Address that customers and Azure reach the app at, without a slash at the end.')
param publicBaseUrl string
@description('Required. Sender of all mails.')
param mailSender string
@description('Required. Settings that differ between operators, by name.')
param settings {
  @description('Value.')
  *: string
}
@description('Required. Values of the secret settings by name; used only without Key Vault.')
@secure()
param secrets {
  @description('Value.')
  *: string
}

var contract = loadJsonContent('../contract/app.json').settings
var vaultReferences = toObject(
  contract.secrets,
  name => name,
  name => '@Microsoft.KeyVault(VaultName=${names.keyVault};SecretName=${replace(name, '_', '-')})'
)

// What follows from the other resources. A setting of the code that is the same everywhere stands in
// contract/app.json, one that an operator chooses in params/base.bicepparam.
var derived = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  ServiceBus__credential: 'managedidentity'
  ServiceBus__clientId: identity.properties.clientId
  ServiceBus__fullyQualifiedNamespace: '${names.serviceBus}.servicebus.windows.net'
  AZURE_CLIENT_ID: identity.properties.clientId
  AUDIT_STORAGE__tableServiceUri: auditStorage.properties.primaryEndpoints.table
  DATA_STORAGE__tableServiceUri: dataStorage.properties.primaryEndpoints.table
  AUTH_ISSUER: '${environment().authentication.loginEndpoint}${subscription().tenantId}/v2.0'
  AUTH_AUDIENCE: api.clientId
  MAIL_ENDPOINT: 'https://${communication.properties.hostName}'
  MAIL_SENDER: mailSender
  PUBLIC_BASE_URL: '${publicBaseUrl}/api'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.hostStorage
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.dataStorage
}

resource auditStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.auditStorage
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: names.communication
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: names.network

  resource subnet 'subnets' existing = {
    name: 'app'
  }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: names.plan
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: sizing.zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: names.app
  location: location
  tags: union(tags, { 'azd-service-name': 'operations' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identity.id
    ...(privateNetwork ? { virtualNetworkSubnetId: network::subnet.id } : {})
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        maximumInstanceCount: sizing.maxInstances
        instanceMemoryMB: sizing.instanceMemoryMB
        alwaysReady: sizing.alwaysReady
        triggers: { http: { perInstanceConcurrency: sizing.httpConcurrency } }
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}app-package'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource withVault 'Microsoft.Web/sites/config@2025-03-01' = if (keyVault) {
  parent: app
  name: 'appsettings'
  properties: { ...derived, ...contract.fixed, ...settings, ...vaultReferences }
}

resource withoutVault 'Microsoft.Web/sites/config@2025-03-01' = if (!keyVault) {
  parent: app
  name: 'appsettings'
  properties: { ...derived, ...contract.fixed, ...settings, ...secrets }
}
