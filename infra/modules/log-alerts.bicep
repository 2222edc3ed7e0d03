// Alerts on logs and on the app's own signals, as data: contract/alerts.json names them, kql/KEY.kql is the query. A
// query returns the rows that are wrong; any row fires. What must not be absent is written so that its absence is a row.

import { queries } from 'queries.bicep'
import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT

var contract = loadJsonContent('../contract/alerts.json')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.alertsIdentity
}

// Queries that tell the app from others name it by a placeholder.
resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.appIdentity
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: names.workspace
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.onCallGroup
}

resource owners 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.ownersGroup
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in contract.log: {
    name: '${names.app}-${alert.key}'
    location: location
    tags: tags
    kind: 'LogAlert'
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: { '${identity.id}': {} }
    }
    properties: {
      displayName: '${names.app}-${alert.key}'
      description: '${alert.description} Runbook: docs/runbooks/${alert.key}.md'
      severity: alert.severity
      enabled: true
      autoMitigate: alert.autoMitigate
      scopes: [workspace.id]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      // The tables come into being with the first telemetry, after this deployment.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: contains(queries[alert.key], 'APP_OBJECT_ID')
              ? replace(queries[alert.key], 'APP_OBJECT_ID', appIdentity.properties.principalId)
              : queries[alert.key]
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(alert.dimensions, name => { name: name, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: [alert.severity <= 2 ? onCall.id : owners.id]
        customProperties: { runbook: 'docs/runbooks/${alert.key}.md' }
      }
    }
  }
]
