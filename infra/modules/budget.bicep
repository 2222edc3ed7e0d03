// The monthly budget of the resource group.

import { namesT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Amount in the billing currency.')
param amount int
@description('Required. First day of a month, e.g. 2027-01-01. Cannot be changed later.')
param startDate string

resource owners 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.ownersGroup
}

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'monthly'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      actual80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: []
        contactGroups: [owners.id]
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: []
        contactGroups: [owners.id]
      }
    }
  }
}
