// Who may do what: every role assignment of the system, as narrow as the resource allows. test/infra/policy compares
// them with the matrix; a role that is not in it, or on a wider scope, fails the check.

import { namesT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. There is a Key Vault.')
param keyVault bool
@description('Required. Entra group that may read the data; empty for none.')
param readersGroupId string

var contract = loadJsonContent('../contract/app.json')
var queueNames = map(contract.queues, queue => queue.name)
var reportQueue = 'mail-reports'
// Event Grid alone sends delivery reports.
var sentByApp = filter(queueNames, name => name != reportQueue)
var sentByEvents = filter(queueNames, name => name == reportQueue)

var roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  logAnalyticsReader: '73c42c96-874c-492b-b04d-ab87d138a893'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
}

func definition(roleId string) string => subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource alertsIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.alertsIdentity
}

resource eventsIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.eventsIdentity
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

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: names.serviceBus
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for name in queueNames: {
    parent: namespace
    name: name
  }
]

resource sendQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for name in sentByApp: {
    parent: namespace
    name: name
  }
]

resource eventQueues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' existing = [
  for name in sentByEvents: {
    parent: namespace
    name: name
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: names.workspace
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: names.communication
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: names.keyVault
}

resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostStorage
  name: guid(hostStorage.id, appIdentity.id, roleIds.storageBlobDataOwner)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition(roleIds.storageBlobDataOwner)
  }
}

resource dataTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: dataStorage
  name: guid(dataStorage.id, appIdentity.id, roleIds.storageTableDataContributor)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition(roleIds.storageTableDataContributor)
  }
}

// Every built-in role that can add rows can change and delete them as well.
resource auditWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'audit-writer')
  properties: {
    roleName: 'Audit writer of ${names.app}'
    description: 'Adds rows to the audit log and reads them; changes and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource writeAudit 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: auditStorage
  name: guid(auditStorage.id, appIdentity.id, auditWriter.id)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: auditWriter.id
  }
}

resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in queueNames: {
    scope: queues[index]
    name: guid(queues[index].id, appIdentity.id, roleIds.serviceBusDataReceiver)
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definition(roleIds.serviceBusDataReceiver)
    }
  }
]

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in sentByApp: {
    scope: sendQueues[index]
    name: guid(sendQueues[index].id, appIdentity.id, roleIds.serviceBusDataSender)
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definition(roleIds.serviceBusDataSender)
    }
  }
]

resource sendReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in sentByEvents: {
    scope: eventQueues[index]
    name: guid(eventQueues[index].id, eventsIdentity.id, roleIds.serviceBusDataSender)
    properties: {
      principalId: eventsIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definition(roleIds.serviceBusDataSender)
    }
  }
]

resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, appIdentity.id, roleIds.monitoringMetricsPublisher)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition(roleIds.monitoringMetricsPublisher)
  }
}

resource queryLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspace.id, alertsIdentity.id, roleIds.logAnalyticsReader)
  properties: {
    principalId: alertsIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition(roleIds.logAnalyticsReader)
  }
}

// No built-in role can send mails and do nothing else.
resource mailSender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'mail-sender')
  properties: {
    roleName: 'Mail sender of ${names.app}'
    description: 'Sends mails through Communication Services; nothing else.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Communication/CommunicationServices/Read'
          'Microsoft.Communication/CommunicationServices/Write'
          'Microsoft.Communication/EmailServices/Write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource sendMails 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: communication
  name: guid(communication.id, appIdentity.id, mailSender.id)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: mailSender.id
  }
}

resource readSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keyVault) {
  scope: vault
  name: guid(vault.id, appIdentity.id, roleIds.keyVaultSecretsUser)
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definition(roleIds.keyVaultSecretsUser)
  }
}

resource readTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(readersGroupId)) {
  scope: dataStorage
  name: guid(dataStorage.id, readersGroupId, roleIds.storageTableDataReader)
  properties: {
    principalId: readersGroupId
    principalType: 'Group'
    roleDefinitionId: definition(roleIds.storageTableDataReader)
  }
}

resource readBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(readersGroupId)) {
  scope: dataStorage
  name: guid(dataStorage.id, readersGroupId, roleIds.storageBlobDataReader)
  properties: {
    principalId: readersGroupId
    principalType: 'Group'
    roleDefinitionId: definition(roleIds.storageBlobDataReader)
  }
}
