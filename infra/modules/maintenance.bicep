// Quiet time: alerts of severity 2 to 4 notify nobody in the weekly window and in one planned window. They still fire
// and are kept. Severity 0 and 1 is never silenced.

import { maintenanceT, namesT, tagsT } from 'types.bicep'

@description('Required. Names of the environment.')
param names namesT
@description('Required. Tags.')
param tags tagsT
@description('Required. The windows.')
param maintenance maintenanceT

var once = maintenance.?once ?? { from: '', until: '' }
var quietSeverities = ['Sev2', 'Sev3', 'Sev4']

resource weekly 'Microsoft.AlertsManagement/actionRules@2021-08-08' = {
  name: '${names.app}-weekly-maintenance'
  location: 'Global'
  tags: tags
  properties: {
    description: 'Weekly maintenance window of the platform.'
    enabled: true
    scopes: [resourceGroup().id]
    conditions: [{ field: 'Severity', operator: 'Equals', values: quietSeverities }]
    schedule: {
      timeZone: maintenance.timeZone
      recurrences: [
        {
          recurrenceType: 'Weekly'
          daysOfWeek: [maintenance.day]
          startTime: maintenance.startTime
          endTime: maintenance.endTime
        }
      ]
    }
    actions: [{ actionType: 'RemoveAllActionGroups' }]
  }
}

resource planned 'Microsoft.AlertsManagement/actionRules@2021-08-08' = if (!empty(once.from)) {
  name: '${names.app}-planned-maintenance'
  location: 'Global'
  tags: tags
  properties: {
    description: 'One planned maintenance window.'
    enabled: true
    scopes: [resourceGroup().id]
    conditions: [{ field: 'Severity', operator: 'Equals', values: quietSeverities }]
    schedule: { timeZone: maintenance.timeZone, effectiveFrom: once.from, effectiveUntil: once.until }
    actions: [{ actionType: 'RemoveAllActionGroups' }]
  }
}
