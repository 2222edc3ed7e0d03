// Platform authentication in front of the app: who has no token of this tenant gets 401 before any code runs. The code
// checks every token again, so this is a second lock, not the only one. Deployed after the app settings: the platform
// loses one of two configurations that are written at the same time.

import { apiT, namesT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. The app registration of the API.')
param api apiT
@description('Required. On; off leaves the checks to the code alone.')
param enabled bool
@description('Required. Client ids that may call; empty for all that hold a role.')
param allowedApplications string[]

var contract = loadJsonContent('../contract/public-paths.json')
// "AzNS AAD Webhook": the application that action groups call secure webhooks as, the same in every tenant.
var actionGroups = '461e8683-5575-4561-ac7f-899cc907d62a'

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: names.app
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: enabled, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: contract.publicPaths
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: api.clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${subscription().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [api.clientId, api.identifierUri]
          defaultAuthorizationPolicy: {
            allowedApplications: empty(allowedApplications) ? [] : concat(allowedApplications, [actionGroups])
          }
        }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}
