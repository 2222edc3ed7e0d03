// For trying out: everything is there, nothing is redundant, all of it can be deleted.
using '../main.bicep'
extends 'base.bicepparam'

param sizing = {
  serviceBusSku: 'Standard'
  serviceBusUnits: 1
  zoneRedundant: false
  dataReplication: 'Standard_LRS'
  hostReplication: 'Standard_LRS'
  maxInstances: 40
  instanceMemoryMB: 2048
  httpConcurrency: 16
  alwaysReady: []
  logCapGbPerDay: 1
  logRetentionDays: 30
  locks: false
  monthlyBudget: 100
}
param privateNetwork = false
