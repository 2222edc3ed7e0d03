// Without Key Vault, without platform authentication, behind a domain of its own.
using '../../../infra/main.bicep'
extends '../../../infra/params/dev.bicepparam'

param keyVault = false
param platformAuthentication = false
param publicBaseUrl = 'https://operations.example.com'
