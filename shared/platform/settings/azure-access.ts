// How the app reaches Azure's services: by its identity, or by a connection string on a developer's machine.

import { err, ok } from "../../kernel/result.ts";
import { isSafeUrl, isThisMachine, Setting, type Environment, type SettingName } from "./setting.ts";

interface ByConnectionString {
  readonly kind: "connectionString";
  readonly connectionString: string;
}
interface Way extends SettingName {
  readonly isFine: (text: string) => boolean;
  /** What it must be, as a sentence without its subject. */
  readonly must: string;
}

const DATA = "DATA_STORAGE";
const AUDIT = "AUDIT_STORAGE";

function access<T>(connection: Way, identity: Way, byIdentity: (text: string) => T): Setting<ByConnectionString | T> {
  const nameOf = ({ isFine: _, must: _must, ...name }: Way): SettingName => name;
  return new Setting<ByConnectionString | T>(
    [nameOf(connection), nameOf(identity)],
    ({ [connection.name]: byString, [identity.name]: named }) => {
      if (byString !== undefined) {
        if (connection.isFine(byString)) return ok({ kind: "connectionString", connectionString: byString } as const);
        return err([`${connection.name}: ${connection.must}`]);
      }
      if (named === undefined) return err([`${connection.name}: is missing (or ${identity.name})`]);
      return identity.isFine(named) ? ok(byIdentity(named)) : err([`${identity.name}: ${identity.must}`]);
    },
  );
}

const storageAccess = (name: typeof DATA | typeof AUDIT, what: string, local?: string) =>
  access(
    {
      name,
      about: `Connection string of the storage account of ${what}; for development.`,
      ...(local !== undefined && { local }),
      isFine: (text) => /AccountName=|TableEndpoint=|UseDevelopmentStorage=true/i.test(text),
      must: "must be a connection string of a storage account",
    },
    {
      name: `${name}__tableServiceUri`,
      about: `Table service of the storage account of ${what}, reached by identity.`,
      isFine: isSafeUrl,
      must: "must be an https URL",
    },
    (tableServiceUri) => ({ kind: "identity", tableServiceUri }) as const,
  );

export type StorageAccess = ByConnectionString | { readonly kind: "identity"; readonly tableServiceUri: string };

export const dataStorage = (local: string) => storageAccess(DATA, "the data", local);

/** Undefined: beside the data. In Azure it is an account in which the app only adds and reads. */
export function auditStorage() {
  const { names, read } = storageAccess(AUDIT, "the audit log (that of the data when not set)");
  return new Setting<StorageAccess | undefined>(names, (environment) =>
    names.every(({ name }) => environment[name] === undefined) ? ok(undefined) : read(environment),
  );
}

export const busAccess = (local: string) =>
  access(
    {
      name: "ServiceBus",
      about: "Connection string of Service Bus; for development.",
      local,
      isFine: (text) => /^Endpoint=sb:\/\//i.test(text),
      must: "must be a connection string that begins with Endpoint=sb://",
    },
    {
      name: "ServiceBus__fullyQualifiedNamespace",
      about: "Host name of Service Bus, reached by identity.",
      isFine: (text) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text),
      must: "must be a host name such as NAME.servicebus.windows.net",
    },
    (fullyQualifiedNamespace) => ({ kind: "identity", fullyQualifiedNamespace }) as const,
  );

export const mailAccess = (local: string) =>
  access(
    {
      name: "MAIL_CONNECTION_STRING",
      about: "Connection string of Communication Services; for development.",
      local,
      isFine: (text) => /endpoint=https?:\/\/.+accesskey=/i.test(text),
      must: "must have the form endpoint=https://...;accesskey=...",
    },
    {
      name: "MAIL_ENDPOINT",
      about: "Address of Communication Services, reached by identity.",
      isFine: isSafeUrl,
      must: "must be an https URL",
    },
    (endpoint) => ({ kind: "identity", endpoint }) as const,
  );

const BY_IDENTITY = [
  [DATA, `${DATA}__tableServiceUri`],
  ["ServiceBus", "ServiceBus__fullyQualifiedNamespace"],
  ["MAIL_CONNECTION_STRING", "MAIL_ENDPOINT"],
] as const;

/** By what this is no developer's machine; undefined when nothing says so. */
export function productionSign(environment: Environment): string | undefined {
  if (
    BY_IDENTITY.some(([string, identity]) => environment[string] === undefined && environment[identity] !== undefined)
  )
    return "Azure is reached by the app's identity";
  const address = URL.parse(environment["PUBLIC_BASE_URL"] ?? "");
  return address === null || isThisMachine(address) ? undefined : "the app has a public address (PUBLIC_BASE_URL)";
}
