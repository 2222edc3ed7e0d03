// Optional Key Vault: holds the secrets that are not Azure's own (contract/app.json, `secrets`). The app reads them
// by reference, so they are in no app setting. Without the vault they become app settings themselves.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. Reached over private endpoints only.')
param privateNetwork bool
@description('Required. Values of the secret settings by their name.')
@secure()
param secrets {
  @description('Value.')
  *: string
}

var contract = loadJsonContent('../contract/app.json').settings

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: names.keyVault
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: privateNetwork ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}

resource values 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = [
  for name in contract.secrets: {
    parent: vault
    name: replace(name, '_', '-')
    properties: {
      contentType: 'app setting ${name}'
      value: secrets[name]
    }
  }
]
