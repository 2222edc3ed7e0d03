// A small system in a private network: Service Bus becomes Premium whatever the profile says.
using '../../../infra/main.bicep'
extends '../../../infra/params/small.bicepparam'

param privateNetwork = true
param nodeVersion = '24'
