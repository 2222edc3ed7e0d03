// Three storage accounts: the host's (package, leases), the data (tables) and the audit log (a table that the app may only
// add to and read). Apart, so that each has its own redundancy and the app has no more rights on each than it needs.

import { namesT, sizingT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. Profile.')
param sizing sizingT
@description('Required. Reached over private endpoints only.')
param privateNetwork bool

var contract = loadJsonContent('../contract/app.json')
var accounts = [
  { name: names.hostStorage, sku: sizing.hostReplication }
  { name: names.dataStorage, sku: sizing.dataReplication }
  { name: names.auditStorage, sku: sizing.dataReplication }
]
var packageContainer = 'app-package'
var auditTable = 'AuditEntries'

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' = [
  for account in accounts: {
    name: account.name
    location: location
    tags: tags
    kind: 'StorageV2'
    sku: { name: account.sku }
    properties: {
      accessTier: 'Hot'
      allowBlobPublicAccess: false
      allowCrossTenantReplication: false
      allowedCopyScope: 'AAD'
      allowSharedKeyAccess: false
      defaultToOAuthAuthentication: true
      isLocalUserEnabled: false
      isSftpEnabled: false
      minimumTlsVersion: 'TLS1_2'
      supportsHttpsTrafficOnly: true
      publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
      networkAcls: { defaultAction: privateNetwork ? 'Deny' : 'Allow', bypass: 'None' }
      sasPolicy: { sasExpirationPeriod: '0.01:00:00', expirationAction: 'Block' }
      encryption: {
        keySource: 'Microsoft.Storage'
        requireInfrastructureEncryption: true
        services: {
          blob: { enabled: true, keyType: 'Account' }
          table: { enabled: true, keyType: 'Account' }
          queue: { enabled: true, keyType: 'Account' }
        }
      }
    }
  }
]

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = [
  for (account, index) in accounts: {
    parent: storage[index]
    name: 'default'
    properties: {
      isVersioningEnabled: account.name != names.hostStorage
      changeFeed: account.name == names.dataStorage ? { enabled: true, retentionInDays: 30 } : { enabled: false }
      deleteRetentionPolicy: { enabled: true, days: 14 }
      containerDeleteRetentionPolicy: { enabled: true, days: 14 }
    }
  }
]

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs[0]
  name: packageContainer
  properties: { publicAccess: 'None' }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: storage[1]
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in filter(contract.tables, name => name != auditTable): {
    parent: tableService
    name: table
  }
]

resource auditTableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: storage[2]
  name: 'default'
}

resource auditEntries 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = {
  parent: auditTableService
  name: auditTable
}
