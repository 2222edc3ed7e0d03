// Up to some 1,000 organisations: data copied to a second region, the API always on.
using '../main.bicep'
extends 'base.bicepparam'

param sizing = {
  serviceBusSku: 'Standard'
  serviceBusUnits: 1
  zoneRedundant: false
  dataReplication: 'Standard_GZRS'
  hostReplication: 'Standard_ZRS'
  maxInstances: 100
  instanceMemoryMB: 2048
  httpConcurrency: 16
  alwaysReady: [{ name: 'http', instanceCount: 1 }]
  logCapGbPerDay: 5
  logRetentionDays: 90
  locks: true
  monthlyBudget: 2500
}
param privateNetwork = false
