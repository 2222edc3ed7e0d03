// Locks against deletion, on the two accounts whose loss would be final. Not on the resource group: that would break the
// clean-up of deployment history and the tear-down of everything else.

import { namesT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.dataStorage
}

resource auditStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.auditStorage
}

resource dataLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: dataStorage
  name: 'keep-data'
  properties: { level: 'CanNotDelete', notes: 'All state of organisations, campaigns and notices.' }
}

resource auditLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: auditStorage
  name: 'keep-audit'
  properties: { level: 'CanNotDelete', notes: 'Evidence of who was on which system.' }
}
