// Faults in rights, in the private network and in what is left.

import { one, type Mutation } from "./mutation.ts";

const STORAGE = "modules/storage.bicep";
const BUS = "modules/messaging.bicep";
const ROLES = "modules/roles.bicep";
const ENDPOINTS = "modules/private-endpoints.bicep";

export const rights: readonly Mutation[] = [
  one(
    "role too wide",
    ROLES,
    "'73c42c96-874c-492b-b04d-ab87d138a893'",
    "'b24988ac-6180-42a0-ab88-20f7382dd24c'",
    /rights are those of the matrix: .*unknown .*b24988ac/,
  ),
  one(
    "right on a wider scope",
    ROLES,
    "scope: queues[index]",
    "scope: namespace",
    /rights.*unexpected app: Azure Service Bus Data Receiver on \/providers\/Microsoft\.ServiceBus\/namespaces/,
  ),
  one(
    "right missing",
    ROLES,
    "resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {",
    "resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keyVault && empty(names.app)) {",
    /rights.*missing app: Monitoring Metrics Publisher/,
  ),
  one(
    "right to the wrong identity",
    ROLES,
    "guid(dataStorage.id, appIdentity.id, roleIds.storageTableDataContributor)\n  properties: {\n    principalId: appIdentity.",
    "guid(dataStorage.id, appIdentity.id, roleIds.storageTableDataContributor)\n  properties: {\n    principalId: alertsIdentity.",
    /rights.*unexpected alerts: Storage Table Data Contributor on data storage/,
  ),
  one(
    "kind of principal unsaid",
    ROLES,
    "guid(hostStorage.id, appIdentity.id, roleIds.storageBlobDataOwner)\n  properties: {\n    principalId: appIdentity.properties.principalId\n    principalType: 'ServicePrincipal'",
    "guid(hostStorage.id, appIdentity.id, roleIds.storageBlobDataOwner)\n  properties: {\n    principalId: appIdentity.properties.principalId\n    principalType: 'User'",
    /rights say what kind/,
  ),
  one(
    "audit rows can be changed",
    ROLES,
    "tables/entities/add/action'",
    "tables/entities/write'",
    /the audit role adds and reads/,
  ),
  one(
    "audit log with a built-in role",
    ROLES,
    "    roleDefinitionId: auditWriter.id",
    "    roleDefinitionId: definition(roleIds.storageTableDataContributor)",
    /rights.*unexpected app: Storage Table Data Contributor on audit storage/,
  ),
  one(
    "mail role does more",
    ROLES,
    "'Microsoft.Communication/EmailServices/Write'",
    "'Microsoft.Communication/*'",
    /the mail role sends/,
  ),
];

export const rest: readonly Mutation[] = [
  one(
    "delivery reports by another identity",
    "modules/mail-events.bicep",
    "name: names.eventsIdentity",
    "name: names.appIdentity",
    /delivery reports come.*not by the events' identity/,
  ),
  one(
    "delivery reports into another queue",
    "modules/mail-events.bicep",
    "properties: { resourceId: namespace::queue.id }",
    "properties: { resourceId: replace(namespace::queue.id, reportQueue, 'functional-checks') }",
    /delivery reports come.*not into mail-reports/,
  ),
  one(
    "other events than delivery reports",
    "modules/mail-events.bicep",
    "EmailDeliveryReportReceived'",
    "EmailEngagementTrackingReportReceived'",
    /values.*eventSubscriptions.*includedEventTypes/,
  ),
  one(
    "preview version",
    "modules/identity.bicep",
    "@2024-11-30",
    "@2025-01-31-preview",
    /no preview version: .*userAssignedIdentities/,
  ),
  one(
    "lock of the wrong kind",
    "modules/locks.bicep",
    "level: 'CanNotDelete', notes: 'Evidence",
    "level: 'ReadOnly', notes: 'Evidence",
    /data cannot be deleted: locks: missing CanNotDelete on audit/,
  ),
  one(
    "budget tells nobody",
    "modules/budget.bicep",
    "contactGroups: [owners.id]",
    "contactGroups: []",
    /the budget tells someone/,
  ),
  one(
    "budget from the middle of a month",
    "modules/budget.bicep",
    "startDate: startDate",
    "startDate: replace(startDate, '-01-01', '-01-15')",
    /values.*startDate: must be the first/,
  ),
  one(
    "no tags",
    "modules/monitoring.bicep",
    "name: names.insights\n  location: location\n  tags: tags\n",
    "name: names.insights\n  location: location\n",
    /resources carry tags: .*components/,
  ),
  one(
    "name too long",
    "main.bicep",
    "'kv${compact}'",
    "'kv-operations-of-docuware-${compact}'",
    /names are lawful: .*vaults/,
  ),
  one(
    "domain linked before it is verified",
    "modules/communication.bicep",
    "emailDomainVerified ? [domain.id] : []",
    "[domain.id]",
    /mails are linked once/,
  ),
  one(
    "vault can be purged",
    "modules/key-vault.bicep",
    "enablePurgeProtection: true",
    "enablePurgeProtection: false",
    /the vault keeps what is deleted/,
  ),
];

export const network: readonly Mutation[] = [
  one(
    "account stays public",
    STORAGE,
    "publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'",
    "publicNetworkAccess: 'Enabled'",
    /private profiles are closed: .*storageAccounts.*publicNetworkAccess/,
  ),
  one(
    "firewall open",
    STORAGE,
    "privateNetwork ? 'Deny' : 'Allow'",
    "'Allow'",
    /private profiles are closed: .*defaultAction/,
  ),
  one(
    "private endpoint missing",
    ENDPOINTS,
    "  { name: 'audit-table', group: 'table', zone: 'table', target: auditStorage.id }\n",
    "",
    /private profiles are closed: private endpoints: missing table of st\*a/,
  ),
  one(
    "DNS zone twice",
    ENDPOINTS,
    "? ['blob', 'table', 'serviceBus', 'vault']",
    "? ['blob', 'blob', 'table', 'serviceBus', 'vault']",
    /ids are unique: .*privateDnsZones/,
  ),
  one(
    "endpoint without a name record",
    ENDPOINTS,
    "parent: privateEndpoints[index]",
    "parent: privateEndpoints[0]",
    /every endpoint has a name record/,
  ),
  one(
    "subnet without rules",
    "modules/network.bicep",
    "          networkSecurityGroup: { id: endpointRules.id }\n",
    "",
    /subnets have rules: subnet endpoints/,
  ),
  one("messaging units that do not exist", BUS, "capacity: sizing.serviceBusUnits", "capacity: 3", /values.*capacity/),
  one(
    "Event Grid locked out",
    BUS,
    "trustedServiceAccessEnabled: true",
    "trustedServiceAccessEnabled: false",
    /private profiles are closed: .*trustedServiceAccessEnabled/,
  ),
];

export const hidden: readonly Mutation[] = [
  one(
    "two assignments of one id",
    ROLES,
    "name: guid(sendQueues[index].id, appIdentity.id, roleIds.serviceBusDataSender)",
    "name: guid(queues[index + 1].id, appIdentity.id, roleIds.serviceBusDataReceiver)",
    /ids are unique: .*roleAssignments.*: twice/,
  ),
  one(
    "loop that Bicep cannot count",
    ENDPOINTS,
    "var usedZones = keyVault",
    "var usedZones = environment().name == 'AzureCloud'",
    /Bicep could work everything out/,
  ),
];
