// Types that main.bicep and the modules share. Names are computed once in main.bicep and handed down, so that every id
// in a snapshot is concrete and no module depends on another one's outputs.

@export()
@description('Tags of every resource that takes tags.')
type tagsT = {
  @description('Value of one tag.')
  *: string
}

@export()
@description('Name of every resource of one environment.')
type namesT = {
  @description('The Functions app.')
  app: string
  @description('The Flex Consumption plan.')
  plan: string
  @description('Identity of the app.')
  appIdentity: string
  @description('Identity that log alerts query with.')
  alertsIdentity: string
  @description('Identity that Event Grid delivers with.')
  eventsIdentity: string
  @description('Storage of the Functions host and of the package.')
  hostStorage: string
  @description('Storage of the tables.')
  dataStorage: string
  @description('Storage of the audit log.')
  auditStorage: string
  @description('Service Bus namespace.')
  serviceBus: string
  @description('Log Analytics workspace.')
  workspace: string
  @description('Application Insights.')
  insights: string
  @description('Communication Services.')
  communication: string
  @description('E-mail service behind Communication Services.')
  email: string
  @description('Event Grid system topic of Communication Services.')
  mailEvents: string
  @description('Key Vault.')
  keyVault: string
  @description('Virtual network.')
  network: string
  @description('Action group that wakes the on-call team.')
  onCallGroup: string
  @description('Action group of the owners of the platform.')
  ownersGroup: string
}

@export()
@description('What differs between the profiles: size, redundancy, cost.')
type sizingT = {
  @description('Premium is needed for a private network, geo-replication and messages over 256 KB.')
  serviceBusSku: 'Standard' | 'Premium'
  @description('Messaging units of a Premium namespace.')
  serviceBusUnits: 1 | 2 | 4 | 8 | 16
  @description('Zone-redundant app: at least two instances of every function group are always on, and billed.')
  zoneRedundant: bool
  @description('Redundancy of data and audit storage.')
  dataReplication: 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS' | 'Standard_RAGZRS'
  @description('Redundancy of host storage: nothing in it cannot be deployed again.')
  hostReplication: 'Standard_LRS' | 'Standard_ZRS'
  @description('Most instances of the app.')
  @minValue(40)
  @maxValue(1000)
  maxInstances: int
  @description('Memory of one instance.')
  instanceMemoryMB: 512 | 2048 | 4096
  @description('HTTP requests that one instance works on at a time.')
  @minValue(1)
  @maxValue(1000)
  httpConcurrency: int
  @description('Instances that never scale to zero, by group (`http` or `function:NAME`).')
  alwaysReady: alwaysReadyT[]
  @description('Log Analytics takes no more than this in a day; then alert ingest-cap fires.')
  @minValue(1)
  logCapGbPerDay: int
  @description('Days that logs are kept for queries.')
  @minValue(30)
  @maxValue(730)
  logRetentionDays: int
  @description('Locks against deletion on data and audit storage.')
  locks: bool
  @description('Monthly budget in the billing currency; the owners hear of 80 % spent and 100 % forecast.')
  @minValue(1)
  monthlyBudget: int
}

@export()
@description('Instances that are always on.')
type alwaysReadyT = {
  @description('`http` or `function:NAME`.')
  name: string
  @description('How many.')
  @minValue(1)
  @maxValue(100)
  instanceCount: int
}

@export()
@description('The app registration of the API (infra/scripts/entra-setup.ts makes it).')
type apiT = {
  @description('Client id.')
  clientId: string
  @description('Object id of the app registration: action groups sign in for it.')
  objectId: string
  @description('Identifier URI, e.g. api://docuware-operations.')
  identifierUri: string
}

@export()
@description('Whom alerts reach besides the app itself.')
type contactsT = {
  @description('Copy of every alert of severity 0 to 2 by mail.')
  onCallMails: string[]
  @description('Text messages for severity 0 to 2: they arrive even when the app is down.')
  onCallPhones: phoneT[]
  @description('Mails for severity 3 and 4, budget and platform notices.')
  ownerMails: string[]
}

@export()
@description('A telephone number for text messages.')
type phoneT = {
  @description('Country code without plus sign, e.g. 49.')
  countryCode: string
  @description('Number without country code.')
  number: string
}

@export()
@description('When no alert of severity 2 to 4 shall notify anyone.')
type maintenanceT = {
  @description('Windows time zone name, e.g. W. Europe Standard Time.')
  timeZone: string
  @description('Day of the weekly window.')
  day: 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday'
  @description('Begin, e.g. 22:00:00.')
  startTime: string
  @description('End, e.g. 23:59:00.')
  endTime: string
  @description('One more window, once; empty for none.')
  once: onceT?
}

@export()
@description('One planned window in wall time of the maintenance time zone.')
type onceT = {
  @description('Begin, e.g. 2027-01-16T22:00:00.')
  from: string
  @description('End, e.g. 2027-01-17T02:00:00.')
  until: string
}
