// Faults in storage, Service Bus and the app.

import { one, type Mutation } from "./mutation.ts";

const STORAGE = "modules/storage.bicep";
const BUS = "modules/messaging.bicep";
const APP = "modules/function-app.bicep";

export const storageAndBus: readonly Mutation[] = [
  one(
    "account keys on",
    STORAGE,
    "allowSharedKeyAccess: false",
    "allowSharedKeyAccess: true",
    /keys are off: .*allowSharedKeyAccess/,
  ),
  one(
    "public blobs",
    STORAGE,
    "allowBlobPublicAccess: false",
    "allowBlobPublicAccess: true",
    /blobs are not public: .*allowBlobPublicAccess/,
  ),
  one(
    "public container",
    STORAGE,
    "publicAccess: 'None'",
    "publicAccess: 'Blob'",
    /blobs are not public: .*publicAccess is Blob/,
  ),
  one("unknown TLS version", STORAGE, "'TLS1_2'", "'TLS9'", /values.*minimumTlsVersion/),
  one("unknown kind of account", STORAGE, "'StorageV2'", "'StorageV9'", /values.*storageAccounts.*kind/),
  one(
    "unknown sku of account",
    STORAGE,
    "sku: { name: account.sku }",
    "sku: { name: 'Gold' }",
    /values.*storageAccounts.*sku\.name/,
  ),
  one(
    "no soft delete",
    STORAGE,
    "deleteRetentionPolicy: { enabled: true, days: 14 }",
    "deleteRetentionPolicy: { enabled: true, days: 1 }",
    /blobs can be restored: .*deleteRetentionPolicy/,
  ),
  one(
    "audit log among the data",
    STORAGE,
    "parent: auditTableService",
    "parent: tableService",
    /evidence cannot be changed: tables of the audit account: missing AuditEntries/,
  ),
  one(
    "writes to the audit log unseen",
    "modules/diagnostics.bicep",
    "      { category: 'StorageWrite', enabled: true }\n      { category: 'StorageDelete', enabled: true }\n    ]",
    "      { category: 'StorageDelete', enabled: true }\n    ]",
    /evidence cannot be changed: logs of the audit table: missing StorageWrite/,
  ),
  one(
    "tables missing",
    STORAGE,
    "for table in filter(contract.tables, name => name != auditTable):",
    "for table in take(filter(contract.tables, name => name != auditTable), 3):",
    /tables are those of the contract: tables: missing/,
  ),
  one(
    "Service Bus keys on",
    BUS,
    "disableLocalAuth: true",
    "disableLocalAuth: false",
    /keys are off: .*ServiceBus.*disableLocalAuth/,
  ),
  one(
    "queue without session",
    BUS,
    "requiresSession: queue.requiresSession",
    "requiresSession: false",
    /queue upgrade-steps: requiresSession is false/,
  ),
  one(
    "lock longer than Azure takes",
    BUS,
    "lockDuration: queue.lockDuration",
    "lockDuration: 'PT9M'",
    /values.*lockDuration: 5 s to 5 minutes/,
  ),
  one(
    "Service Bus open to keys' network value",
    BUS,
    "privateNetwork ? 'Disabled' : 'Enabled'",
    "'Nope'",
    /values.*namespaces\/sb-.*publicNetworkAccess/,
  ),
];

export const app: readonly Mutation[] = [
  one(
    "plan that does not exist",
    APP,
    "{ name: 'FC1', tier: 'FlexConsumption' }",
    "{ name: 'FC9', tier: 'Flexy' }",
    /values.*serverfarms.*sku/,
  ),
  one("runtime that does not exist", APP, "name: 'node', version", "name: 'nodejs', version", /values.*runtime\.name/),
  one(
    "memory size that does not exist",
    APP,
    "instanceMemoryMB: sizing.instanceMemoryMB",
    "instanceMemoryMB: 1234",
    /values.*instanceMemoryMB/,
  ),
  one(
    "siteConfig that Flex refuses",
    APP,
    "{ minTlsVersion: '1.2' }",
    "{ minTlsVersion: '1.2', ftpsState: 'Disabled' }",
    /Flex takes the site: .*ftpsState/,
  ),
  one("http allowed", APP, "httpsOnly: true", "httpsOnly: false", /transport is encrypted: .*httpsOnly/),
  one(
    "publishing password on",
    APP,
    "name: 'scm'\n    properties: { allow: false }",
    "name: 'scm'\n    properties: { allow: true }",
    /keys are off: .*scm: properties\.allow/,
  ),
  {
    name: "setting that Flex refuses, setting that nobody reads",
    edits: [
      [
        APP,
        "AUTH_AUDIENCE: api.clientId",
        "AUTH_AUDIENCE: api.clientId\n  WEBSITE_RUN_FROM_PACKAGE: '1'\n  UNUSED: 'x'",
      ],
    ],
    caught: /Flex takes the settings: app setting WEBSITE_RUN_FROM_PACKAGE/,
  },
  one(
    "setting that nobody reads",
    "contract/app.json",
    '"fixed": {',
    '"fixed": { "NOBODY_READS_ME": "x",',
    /the code knows every setting: app setting NOBODY_READS_ME/,
  ),
  one(
    "setting missing",
    "params/base.bicepparam",
    "  SUPPORT_ADDRESS: readEnvironmentVariable('SUPPORT_ADDRESS')\n",
    "",
    /the code takes the settings: SUPPORT_ADDRESS: is missing/,
  ),
  one(
    "secret not in the vault",
    APP,
    "SecretName=${replace(name, '_', '-')}",
    "SecretName=other",
    /secret settings lie in the vault: app setting PROBE_CLIENT_SECRET/,
  ),
  one(
    "no authentication in front",
    "modules/authentication.bicep",
    "requireAuthentication: true",
    "requireAuthentication: false",
    /platform authentication guards.*requireAuthentication/,
  ),
  one(
    "everything public",
    "modules/authentication.bicep",
    "excludedPaths: contract.publicPaths",
    "excludedPaths: concat(contract.publicPaths, ['/api/campaigns'])",
    /public paths.*unexpected \/api\/campaigns/,
  ),
];
