// Private endpoints of everything that the app reaches inside Azure and that has data in it. Each DNS zone exists once
// and is linked once, however many endpoints use it.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. There is a Key Vault.')
param keyVault bool

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  serviceBus: 'privatelink.servicebus.windows.net'
  vault: 'privatelink.vaultcore.azure.net'
}
var usedZones = keyVault ? ['blob', 'table', 'serviceBus', 'vault'] : ['blob', 'table', 'serviceBus']
var always = [
  { name: 'host-blob', group: 'blob', zone: 'blob', target: hostStorage.id }
  { name: 'data-table', group: 'table', zone: 'table', target: dataStorage.id }
  { name: 'audit-table', group: 'table', zone: 'table', target: auditStorage.id }
  { name: 'bus', group: 'namespace', zone: 'serviceBus', target: namespace.id }
]
var endpoints = keyVault ? concat(always, [{ name: 'vault', group: 'vault', zone: 'vault', target: vault.id }]) : always

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

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: names.keyVault
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: names.network

  resource subnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource dns 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in usedZones: {
    name: zones[zone]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in usedZones: {
    parent: dns[index]
    name: 'link'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for endpoint in endpoints: {
    name: '${names.network}-${endpoint.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::subnet.id }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: { privateLinkServiceId: endpoint.target, groupIds: [endpoint.group] }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.zone
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zones[endpoint.zone]) }
        }
      ]
    }
    dependsOn: [dns]
  }
]
