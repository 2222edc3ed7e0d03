// Service Bus and its queues, which are those that the code declares (contract/app.json).

import { namesT, sizingT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. Profile.')
param sizing sizingT
@description('Required. Reached over private endpoints only; needs Premium, whatever the profile says.')
param privateNetwork bool

var contract = loadJsonContent('../contract/app.json')
var isPremium = privateNetwork || sizing.serviceBusSku == 'Premium'

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: names.serviceBus
  location: location
  tags: tags
  sku: isPremium
    ? { name: 'Premium', tier: 'Premium', capacity: sizing.serviceBusUnits }
    : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    ...(isPremium ? { premiumMessagingPartitions: 1 } : {})
  }
}

// Event Grid has no private endpoint of its own: as a trusted service it may pass the closed firewall.
resource firewall 'Microsoft.ServiceBus/namespaces/networkRuleSets@2026-01-01' = if (privateNetwork) {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Disabled'
    defaultAction: 'Deny'
    trustedServiceAccessEnabled: true
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for queue in contract.queues: {
    parent: namespace
    name: queue.name
    properties: {
      requiresSession: queue.requiresSession
      requiresDuplicateDetection: queue.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: queue.duplicateDetectionHistoryTimeWindow
      lockDuration: queue.lockDuration
      maxDeliveryCount: queue.maxDeliveryCount
      defaultMessageTimeToLive: queue.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration
      maxSizeInMegabytes: 1024
      enableBatchedOperations: true
    }
  }
]
