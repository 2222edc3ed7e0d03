// Up to some 100 organisations: redundant over zones, scales to zero.
using '../main.bicep'
extends 'base.bicepparam'

param sizing = {
  serviceBusSku: 'Standard'
  serviceBusUnits: 1
  zoneRedundant: false
  dataReplication: 'Standard_ZRS'
  hostReplication: 'Standard_ZRS'
  maxInstances: 40
  instanceMemoryMB: 2048
  httpConcurrency: 16
  alwaysReady: []
  logCapGbPerDay: 1
  logRetentionDays: 90
  locks: true
  monthlyBudget: 500
}
param privateNetwork = false
