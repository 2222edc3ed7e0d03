// What the platform itself logs about each resource goes into the one workspace.

import { namesT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. There is a Key Vault.')
param keyVault bool

var accountNames = [names.hostStorage, names.dataStorage, names.auditStorage]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: names.workspace
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: names.app
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: names.serviceBus
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: names.communication
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: names.keyVault
}

resource accounts 'Microsoft.Storage/storageAccounts@2025-06-01' existing = [
  for name in accountNames: {
    name: name
  }
]

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = [
  for (name, index) in accountNames: {
    parent: accounts[index]
    name: 'default'
  }
]

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: accounts[1]
  name: 'default'
}

resource auditTables 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: accounts[2]
  name: 'default'
}

#disable-next-line use-recent-api-versions // the only version whose properties are documented
resource ofWorkspace 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workspace
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'Audit', enabled: true }]
  }
}

#disable-next-line use-recent-api-versions // as above
resource ofApp 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      { category: 'FunctionAppLogs', enabled: true }
      { category: 'AppServiceAuthenticationLogs', enabled: true }
    ]
  }
}

#disable-next-line use-recent-api-versions // as above
resource ofServiceBus 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

#disable-next-line use-recent-api-versions // as above
resource ofMail 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: communication
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      { category: 'EmailSendMailOperational', enabled: true }
      { category: 'EmailStatusUpdateOperational', enabled: true }
    ]
  }
}

#disable-next-line use-recent-api-versions // as above
resource ofBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for (name, index) in accountNames: {
    scope: blobs[index]
    name: 'to-workspace'
    properties: {
      workspaceId: workspace.id
      // The host renews its leases all day long: writes are of interest on the other two only.
      logs: name == names.hostStorage
        ? [{ category: 'StorageDelete', enabled: true }]
        : [
            { category: 'StorageWrite', enabled: true }
            { category: 'StorageDelete', enabled: true }
          ]
    }
  }
]

#disable-next-line use-recent-api-versions // as above
resource ofTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tables
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}

// Every write to the audit log: kql/audit-rows-changed.kql finds those that are not the app's additions.
#disable-next-line use-recent-api-versions // as above
resource ofAuditTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: auditTables
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

#disable-next-line use-recent-api-versions // as above
resource ofVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (keyVault) {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}
