// The app seen from outside: web tests on its two public probes from several places, each with an alert.

import { namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Region.')
param location string
@description('Required. Tags.')
param tags tagsT
@description('Required. Address of the app without a slash at the end.')
param publicBaseUrl string
@description('Required. Ids of the places that the tests run at.')
@minLength(3)
param testLocations string[]

var contract = loadJsonContent('../contract/alerts.json')

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.onCallGroup
}

resource webTests 'Microsoft.Insights/webtests@2022-06-15' = [
  for test in contract.availability: {
    name: '${names.app}-${test.key}'
    location: location
    tags: union(tags, { 'hidden-link:${insights.id}': 'Resource' })
    kind: 'standard'
    properties: {
      SyntheticMonitorId: '${names.app}-${test.key}'
      Name: '${names.app}-${test.key}'
      Description: test.description
      Enabled: true
      Kind: 'standard'
      Frequency: 300
      Timeout: 30
      RetryEnabled: true
      Locations: map(testLocations, place => { Id: place })
      Request: {
        RequestUrl: '${publicBaseUrl}${test.path}'
        HttpVerb: 'GET'
        FollowRedirects: false
        ParseDependentRequests: false
      }
      ValidationRules: {
        ExpectedHttpStatusCode: 200
        IgnoreHttpStatusCode: false
        SSLCheck: true
        SSLCertRemainingLifetimeCheck: 14
      }
    }
  }
]

resource availabilityAlerts 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for (test, index) in contract.availability: {
    name: '${names.app}-${test.key}-alert'
    location: 'global'
    tags: tags
    properties: {
      description: '${test.description} Runbook: docs/runbooks/${test.key}.md'
      severity: test.severity
      enabled: true
      autoMitigate: true
      scopes: [webTests[index].id, insights.id]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
        webTestId: webTests[index].id
        componentId: insights.id
        failedLocationCount: 2
      }
      actions: [
        { actionGroupId: onCall.id, webHookProperties: { runbook: 'docs/runbooks/${test.key}.md' } }
      ]
    }
  }
]
