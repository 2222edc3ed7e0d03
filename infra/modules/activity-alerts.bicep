// Alerts on the activity log: the health of Azure itself, and acts that nobody should do by hand. contract/alerts.json
// holds their conditions.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT
@description('Required. The region as service health names it, e.g. West Europe.')
param regionDisplayName string

var contract = loadJsonContent('../contract/alerts.json')

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.onCallGroup
}

resource owners 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.ownersGroup
}

resource serviceHealth 'Microsoft.Insights/activityLogAlerts@2026-01-01' = {
  name: '${names.app}-service-health'
  location: 'global'
  tags: tags
  properties: {
    description: 'Azure reports an incident, maintenance or advice for services in this region. Runbook: docs/runbooks/service-health.md'
    enabled: true
    scopes: [subscription().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'ServiceHealth' }
        {
          field: 'properties.impactedServices[*].ImpactedRegions[*].RegionName'
          containsAny: [regionDisplayName, 'Global']
        }
      ]
    }
    actions: {
      actionGroups: [
        { actionGroupId: owners.id, webhookProperties: { runbook: 'docs/runbooks/service-health.md' } }
      ]
    }
  }
}

resource activityAlerts 'Microsoft.Insights/activityLogAlerts@2026-01-01' = [
  for alert in contract.activity: {
    name: '${names.app}-${alert.key}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.description} Runbook: docs/runbooks/${alert.key}.md'
      enabled: true
      scopes: [resourceGroup().id]
      condition: { allOf: alert.allOf }
      actions: {
        actionGroups: [
          {
            actionGroupId: alert.severity <= 2 ? onCall.id : owners.id
            webhookProperties: { runbook: 'docs/runbooks/${alert.key}.md' }
          }
        ]
      }
    }
  }
]

// Takes the place of the rule that Application Insights makes by itself, without a group to tell.
resource failureAnomalies 'Microsoft.AlertsManagement/smartDetectorAlertRules@2021-04-01' = {
  name: '${names.app}-failure-anomalies'
  location: 'global'
  tags: tags
  properties: {
    description: 'Failed requests are unusually many. Runbook: docs/runbooks/failure-anomalies.md'
    state: 'Enabled'
    severity: 'Sev3'
    frequency: 'PT1M'
    detector: { id: 'FailureAnomaliesDetector' }
    scope: [insights.id]
    actionGroups: { groupIds: [owners.id] }
  }
}
