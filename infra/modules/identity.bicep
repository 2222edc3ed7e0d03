// The identities: one for the app, one that log alerts query with, one that Event Grid delivers with. User-assigned, so
// that they outlive the app and their role assignments stay valid when it is made anew.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for name in [names.appIdentity, names.alertsIdentity, names.eventsIdentity]: {
    name: name
    location: location
    tags: tags
  }
]
