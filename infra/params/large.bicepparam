// Up to some 10,000 organisations: Service Bus of its own, private network, zone-redundant app.
using '../main.bicep'
extends 'base.bicepparam'

param sizing = {
  serviceBusSku: 'Premium'
  serviceBusUnits: 1
  zoneRedundant: true
  dataReplication: 'Standard_RAGZRS'
  hostReplication: 'Standard_ZRS'
  maxInstances: 400
  instanceMemoryMB: 2048
  httpConcurrency: 16
  alwaysReady: [{ name: 'http', instanceCount: 2 }]
  logCapGbPerDay: 40
  logRetentionDays: 90
  locks: true
  monthlyBudget: 12000
}
param privateNetwork = true
