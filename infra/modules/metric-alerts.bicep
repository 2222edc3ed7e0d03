// Alerts on the platform's own metrics, as data: contract/alerts.json. One resource per entry of `metric` (fixed
// threshold) and of `dynamic` (threshold that the platform learns).

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT
@description('Required. The Service Bus namespace is Premium: some metrics exist there only.')
param isPremium bool
@description('Required. Instances of every group are always ready: functions then do not count as on-demand.')
param isZoneRedundant bool

var contract = loadJsonContent('../contract/alerts.json')
var fixed = filter(
  contract.metric,
  alert =>
    alert.when == 'always' || (alert.when == 'premium' && isPremium) || (alert.when == 'on-demand' && !isZoneRedundant)
)
var targets = {
  serviceBus: namespace.id
  hostStorage: hostStorage.id
  dataStorage: dataStorage.id
  dataTables: dataTables.id
  auditStorage: auditStorage.id
  app: app.id
  mailEvents: mailEvents.id
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: names.serviceBus
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.hostStorage
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.dataStorage
}

resource dataTables 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = {
  parent: dataStorage
  name: 'default'
}

resource auditStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.auditStorage
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: names.app
}

resource mailEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: names.mailEvents
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.onCallGroup
}

resource owners 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.ownersGroup
}

resource metricAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in fixed: {
    name: '${names.app}-${alert.key}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.description} Runbook: docs/runbooks/${alert.key}.md'
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [targets[alert.target]]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.key
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: alert.operator
            threshold: alert.threshold
            dimensions: alert.dimensions
          }
        ]
      }
      actions: [
        {
          actionGroupId: alert.severity <= 2 ? onCall.id : owners.id
          webHookProperties: { runbook: 'docs/runbooks/${alert.key}.md' }
        }
      ]
    }
  }
]

resource dynamicAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in contract.dynamic: {
    name: '${names.app}-${alert.key}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.description} Runbook: docs/runbooks/${alert.key}.md'
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [targets[alert.target]]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.key
            criterionType: 'DynamicThresholdCriterion'
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: alert.operator
            alertSensitivity: alert.sensitivity
            failingPeriods: { numberOfEvaluationPeriods: 4, minFailingPeriodsToAlert: 4 }
            dimensions: alert.dimensions
          }
        ]
      }
      actions: [
        {
          actionGroupId: alert.severity <= 2 ? onCall.id : owners.id
          webHookProperties: { runbook: 'docs/runbooks/${alert.key}.md' }
        }
      ]
    }
  }
]
