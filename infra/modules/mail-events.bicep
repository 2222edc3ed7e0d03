// Delivery reports of mails: Event Grid puts each into the queue mail-reports, so that a notice that bounced is known.
// Stands only while the contract has that queue. Event Grid cannot deliver into a queue with sessions.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT

var contract = loadJsonContent('../contract/app.json')
var reportQueue = 'mail-reports'
var isUsed = contains(map(contract.queues, queue => queue.name), reportQueue)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.eventsIdentity
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: names.communication
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: names.serviceBus

  resource queue 'queues' existing = {
    name: reportQueue
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (isUsed) {
  name: names.mailEvents
  location: 'global'
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    source: communication.id
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource reports 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (isUsed) {
  parent: topic
  name: 'mail-delivery-reports'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: { includedEventTypes: ['Microsoft.Communication.EmailDeliveryReportReceived'] }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deliveryWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: identity.id }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: { resourceId: namespace::queue.id }
      }
    }
  }
}
