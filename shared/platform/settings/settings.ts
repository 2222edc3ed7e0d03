// The app's settings: flat names outside, one nested typed value inside, parsed once at the start. A bad setting stops
// the start with a message that names every bad key and shows no value.
import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { OutboundPolicy } from "../outbound/address.ts";
import { parseHosts } from "../outbound/hosts.ts";
import { scheduleProblem } from "./schedule-text.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly storage:
    | { readonly kind: "connectionString"; readonly connectionString: string }
    | { readonly kind: "identity"; readonly tableServiceUri: string };
  /** Where the audit log lies; the same as `storage` unless said (in Azure an account in which the app only adds and reads). */
  readonly auditStorage: Settings["storage"];
  readonly bus:
    | { readonly kind: "connectionString"; readonly connectionString: string }
    | { readonly kind: "identity"; readonly fullyQualifiedNamespace: string };
  readonly auth: { readonly issuer: string; readonly audience: string };
  readonly controlPlane: { readonly url: string };
  /** How the functional suite signs in at an organisation. */
  readonly probe:
    | { readonly kind: "client"; readonly clientId: string; readonly clientSecret: string }
    | { readonly kind: "user"; readonly username: string; readonly password: string };
  readonly mail: {
    readonly access:
      | { readonly kind: "connectionString"; readonly connectionString: string }
      | { readonly kind: "identity"; readonly endpoint: string };
    readonly sender: string;
    readonly supportAddress: string;
    readonly supportPhone?: string | undefined;
    /** What the provider takes. */
    readonly quota: { readonly perMinute: number; readonly perHour: number };
  };
  /** An instance whose clock is off by more does not act (clock-watch.ts). */
  readonly clockSkewBoundMs: number;
  /** Root of the API as customers and support reach it, e.g. https://operations.example/api. */
  readonly publicBaseUrl: string;
  /** Keys that sign the links of customers (shared/customer-links/link-keys.ts). */
  readonly linkKeys: string;
  readonly webhooks: {
    /** 32 bytes in base64 (shared/webhooks/secrets.ts). */
    readonly masterKey: string;
    readonly outbound: OutboundPolicy;
  };
  /** Where organisations and their identity services may be (docs/outbound.md). */
  readonly outbound: OutboundPolicy;
  readonly schedules: {
    readonly functionalCheck: string;
    readonly reconcile: string;
    readonly checkSweep: string;
    readonly notices: string;
    readonly incidentMails: string;
    readonly webhooks: string;
    readonly appointmentRecheck: string;
  };
  readonly upgrade: {
    readonly maxInFlight: number;
    readonly campaignTickMs: number;
    /** How long a ring works with a new version before the next one opens, unless the campaign says otherwise. */
    readonly soakMs: number;
    /** How long a hotfix waits for the mail of an organisation whose turn has come. */
    readonly noticeWaitMs: number;
    /** How long an inconclusive verdict may hold a ring. */
    /** A functional check that passed counts as long before an upgrade starts. */
    readonly checkMaxAgeMs: number;
    readonly gateLimitMs: number;
    readonly quarantine: { readonly percent: number; readonly atLeast: number };
    /** What an upgrade and a roll-back are assumed to take until enough have been measured. */
    readonly standard: { readonly upgradeMs: number; readonly rollBackMs: number };
    readonly policy: {
      readonly limitsMs: Readonly<Record<keyof typeof LIMITS, number>>;
      readonly offlineLimitMs: number;
      readonly verifyAttempts: number;
      readonly verifyPauseMs: number;
      readonly pollEveryMs: number;
    };
  };
}

/** Names every bad key with what is expected of it; holds no value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const list = problems.map((problem) => `\n  ${problem}`).join("");
    super(`${problems.length} settings are missing or wrong (see local.settings.sample.json):${list}`);
    this.problems = problems;
  }
}

/** Setting and standard of the time each phase of an upgrade may take, in seconds. */
const LIMITS = {
  goingOffline: ["UPGRADE_GOING_OFFLINE_SECONDS", 600],
  creatingRestorePoint: ["UPGRADE_RESTORE_POINT_SECONDS", 1800],
  upgrading: ["UPGRADE_UPGRADING_SECONDS", 3600],
  verifying: ["UPGRADE_VERIFYING_SECONDS", 600],
  goingOnline: ["UPGRADE_GOING_ONLINE_SECONDS", 600],
  restoring: ["UPGRADE_RESTORING_SECONDS", 3600],
} as const;

const text = z.string("is missing").max(2000, "must have at most 2,000 characters");
const mailAddress = z.email({
  error: (issue) => (issue.input === undefined ? "is missing" : "must be a mail address"),
});
const schedule = text.superRefine((value, context) => {
  const problem = scheduleProblem(value);
  if (problem !== undefined) context.addIssue(problem);
});
/** https, but for this machine, where the emulators speak http. */
const url = text.refine(isSafeUrl, "must be an https URL (http only for this machine)");

const hosts = text.transform((value, context) => {
  const parsed = parseHosts(value);
  if (parsed.ok) return parsed.value;
  context.addIssue(parsed.error);
  return z.NEVER;
});

/** A number of seconds as milliseconds; fractions are allowed. */
const seconds = (standard: number, most = 86_400) =>
  z
    .string()
    .default(String(standard))
    .refine((value) => isDecimal(value, 0.05, most), `must be a number of seconds from 0.05 to ${most}`)
    .transform((value) => Math.round(Number(value) * 1000));

const count = (standard: number, most: number) =>
  z
    .string()
    .default(String(standard))
    .refine((value) => /^\d{1,6}$/.test(value) && isDecimal(value, 1, most), `must be a whole number from 1 to ${most}`)
    .transform(Number);

const limitSchema = (phase: keyof typeof LIMITS) => seconds(LIMITS[phase][1]);

const environmentSchema = z.object({
  AUTH_ISSUER: url,
  AUTH_AUDIENCE: text,
  CONTROL_PLANE_URL: url,
  MAIL_SENDER: mailAddress,
  SUPPORT_ADDRESS: mailAddress,
  FUNCTIONAL_CHECK_SCHEDULE: schedule,
  RECONCILE_SCHEDULE: schedule,
  CHECK_SWEEP_SCHEDULE: schedule,
  NOTICE_SCHEDULE: schedule,
  INCIDENT_MAIL_SCHEDULE: schedule,
  WEBHOOK_SCHEDULE: schedule,
  APPOINTMENT_RECHECK_SCHEDULE: schedule,
  SUPPORT_PHONE: text.max(50, "must have at most 50 characters").optional(),
  MAIL_QUOTA_PER_MINUTE: count(30, 10_000),
  MAIL_QUOTA_PER_HOUR: count(100, 100_000),
  PUBLIC_BASE_URL: url,
  CLOCK_SKEW_BOUND_SECONDS: seconds(30, 600),
  LINK_KEYS: text,
  WEBHOOK_MASTER_KEY: text,
  WEBHOOK_HOSTS: hosts.optional(),
  OUTBOUND_HOSTS: hosts.prefault("*.docuware.cloud"),
  OUTBOUND_ALLOW_LOCAL: z.enum(["true", "false"], "must be true or false").default("false"),
  UPGRADE_MAX_IN_FLIGHT: count(10, 1000),
  CAMPAIGN_TICK_SECONDS: seconds(5, 3600),
  UPGRADE_POLL_SECONDS: seconds(5, 3600),
  UPGRADE_VERIFY_ATTEMPTS: count(2, 20),
  HOTFIX_NOTICE_WAIT_SECONDS: seconds(900),
  UPGRADE_OFFLINE_LIMIT_SECONDS: seconds(14_400),
  UPGRADE_STANDARD_SECONDS: seconds(3600),
  UPGRADE_ROLL_BACK_STANDARD_SECONDS: seconds(3600),
  RING_SOAK_SECONDS: seconds(86_400, 30 * 86_400),
  UPGRADE_CHECK_MAX_AGE_SECONDS: seconds(1800, 86_400),
  RING_GATE_LIMIT_SECONDS: seconds(86_400, 30 * 86_400),
  QUARANTINE_PERCENT: count(20, 100),
  QUARANTINE_AT_LEAST: count(2, 1000),
  UPGRADE_VERIFY_PAUSE_SECONDS: seconds(30, 3600),
  UPGRADE_GOING_OFFLINE_SECONDS: limitSchema("goingOffline"),
  UPGRADE_RESTORE_POINT_SECONDS: limitSchema("creatingRestorePoint"),
  UPGRADE_UPGRADING_SECONDS: limitSchema("upgrading"),
  UPGRADE_VERIFYING_SECONDS: limitSchema("verifying"),
  UPGRADE_GOING_ONLINE_SECONDS: limitSchema("goingOnline"),
  UPGRADE_RESTORING_SECONDS: limitSchema("restoring"),
});

/** The settings of this process. The only place that names process.env. */
export const settingsFromProcess = (): Settings => parseSettings(process.env);

/** Throws SettingsError. Empty values count as absent. */
export function parseSettings(environment: Environment): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const flat = environmentSchema.safeParse(present);
  const storage = storageOf(present, "DATA_STORAGE");
  const hasAuditStorage = Object.keys(present).some((name) => name.startsWith("AUDIT_STORAGE"));
  const auditStorage = hasAuditStorage ? storageOf(present, "AUDIT_STORAGE") : storage;
  const bus = busOf(present);
  const probe = probeOf(present);
  const access = mailAccessOf(present);
  if (!flat.success || !storage.ok || !auditStorage.ok || !bus.ok || !probe.ok || !access.ok) {
    const issues = (flat.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
    const pairs = [...new Set([storage, auditStorage, bus, probe, access])].flatMap((part) =>
      part.ok ? [] : part.error,
    );
    throw new SettingsError([...issues, ...pairs].toSorted());
  }
  const { data } = flat;
  const allowLocal = data.OUTBOUND_ALLOW_LOCAL === "true";
  const production = productionSign([storage.value.kind, bus.value.kind, access.value.kind], data.PUBLIC_BASE_URL);
  if (allowLocal && production !== undefined)
    throw new SettingsError([`OUTBOUND_ALLOW_LOCAL: must be false where ${production}: it is for local development`]);
  return {
    storage: storage.value,
    auditStorage: auditStorage.value,
    bus: bus.value,
    auth: { issuer: data.AUTH_ISSUER, audience: data.AUTH_AUDIENCE },
    controlPlane: { url: data.CONTROL_PLANE_URL },
    probe: probe.value,
    mail: {
      access: access.value,
      sender: data.MAIL_SENDER,
      supportAddress: data.SUPPORT_ADDRESS,
      supportPhone: data.SUPPORT_PHONE,
      quota: { perMinute: data.MAIL_QUOTA_PER_MINUTE, perHour: data.MAIL_QUOTA_PER_HOUR },
    },
    clockSkewBoundMs: data.CLOCK_SKEW_BOUND_SECONDS,
    publicBaseUrl: data.PUBLIC_BASE_URL,
    linkKeys: data.LINK_KEYS,
    webhooks: {
      masterKey: data.WEBHOOK_MASTER_KEY,
      outbound: { ...(data.WEBHOOK_HOSTS && { hosts: data.WEBHOOK_HOSTS }), allowLocal },
    },
    outbound: { hosts: data.OUTBOUND_HOSTS, allowLocal },
    schedules: {
      functionalCheck: data.FUNCTIONAL_CHECK_SCHEDULE,
      reconcile: data.RECONCILE_SCHEDULE,
      checkSweep: data.CHECK_SWEEP_SCHEDULE,
      notices: data.NOTICE_SCHEDULE,
      incidentMails: data.INCIDENT_MAIL_SCHEDULE,
      webhooks: data.WEBHOOK_SCHEDULE,
      appointmentRecheck: data.APPOINTMENT_RECHECK_SCHEDULE,
    },
    upgrade: upgradeOf(data),
  };
}

function upgradeOf(data: z.output<typeof environmentSchema>): Settings["upgrade"] {
  return {
    maxInFlight: data.UPGRADE_MAX_IN_FLIGHT,
    campaignTickMs: data.CAMPAIGN_TICK_SECONDS,
    soakMs: data.RING_SOAK_SECONDS,
    checkMaxAgeMs: data.UPGRADE_CHECK_MAX_AGE_SECONDS,
    noticeWaitMs: data.HOTFIX_NOTICE_WAIT_SECONDS,
    gateLimitMs: data.RING_GATE_LIMIT_SECONDS,
    quarantine: { percent: data.QUARANTINE_PERCENT, atLeast: data.QUARANTINE_AT_LEAST },
    standard: { upgradeMs: data.UPGRADE_STANDARD_SECONDS, rollBackMs: data.UPGRADE_ROLL_BACK_STANDARD_SECONDS },
    policy: {
      limitsMs: {
        goingOffline: data[LIMITS.goingOffline[0]],
        creatingRestorePoint: data[LIMITS.creatingRestorePoint[0]],
        upgrading: data[LIMITS.upgrading[0]],
        verifying: data[LIMITS.verifying[0]],
        goingOnline: data[LIMITS.goingOnline[0]],
        restoring: data[LIMITS.restoring[0]],
      },
      offlineLimitMs: data.UPGRADE_OFFLINE_LIMIT_SECONDS,
      verifyAttempts: data.UPGRADE_VERIFY_ATTEMPTS,
      verifyPauseMs: data.UPGRADE_VERIFY_PAUSE_SECONDS,
      pollEveryMs: data.UPGRADE_POLL_SECONDS,
    },
  };
}

/** By what this is no developer's machine; undefined when nothing says so. */
function productionSign(access: readonly string[], publicBaseUrl: string): string | undefined {
  if (access.includes("identity")) return "Azure is reached by the app's identity";
  return isThisMachine(new URL(publicBaseUrl)) ? undefined : "the app has a public address (PUBLIC_BASE_URL)";
}

type Part<T> = Result<T, readonly string[]>;

function storageOf(env: Environment, name: "DATA_STORAGE" | "AUDIT_STORAGE"): Part<Settings["storage"]> {
  const { [name]: connectionString, [`${name}__tableServiceUri`]: tableServiceUri } = env;
  if (connectionString !== undefined) {
    if (/AccountName=|TableEndpoint=|UseDevelopmentStorage=true/i.test(connectionString)) {
      return ok({ kind: "connectionString", connectionString });
    }
    return err([`${name}: must be a connection string of a storage account`]);
  }
  if (tableServiceUri === undefined) return err([`${name}: is missing (or ${name}__tableServiceUri)`]);
  if (isSafeUrl(tableServiceUri)) return ok({ kind: "identity", tableServiceUri });
  return err([`${name}__tableServiceUri: must be an https URL`]);
}

function busOf(env: Environment): Part<Settings["bus"]> {
  const { ServiceBus: connectionString, ServiceBus__fullyQualifiedNamespace: fullyQualifiedNamespace } = env;
  if (connectionString !== undefined) {
    if (/^Endpoint=sb:\/\//i.test(connectionString)) return ok({ kind: "connectionString", connectionString });
    return err(["ServiceBus: must be a connection string that begins with Endpoint=sb://"]);
  }
  if (fullyQualifiedNamespace === undefined) {
    return err(["ServiceBus: is missing (or ServiceBus__fullyQualifiedNamespace)"]);
  }
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(fullyQualifiedNamespace))
    return ok({ kind: "identity", fullyQualifiedNamespace });
  return err(["ServiceBus__fullyQualifiedNamespace: must be a host name such as NAME.servicebus.windows.net"]);
}

function probeOf(env: Environment): Part<Settings["probe"]> {
  const { PROBE_CLIENT_ID: clientId, PROBE_CLIENT_SECRET: clientSecret } = env;
  const { PROBE_USERNAME: username, PROBE_PASSWORD: password } = env;
  if (clientId !== undefined && clientSecret !== undefined) return ok({ kind: "client", clientId, clientSecret });
  if (clientId === undefined && clientSecret === undefined && username !== undefined && password !== undefined) {
    return ok({ kind: "user", username, password });
  }
  if (username === undefined && password === undefined) {
    const missing = clientId === undefined ? "PROBE_CLIENT_ID" : "PROBE_CLIENT_SECRET";
    return err([
      `${missing}: is missing (PROBE_CLIENT_ID and PROBE_CLIENT_SECRET, or PROBE_USERNAME and PROBE_PASSWORD)`,
    ]);
  }
  return err([
    `${password === undefined ? "PROBE_PASSWORD" : "PROBE_USERNAME"}: is missing, or only half of the PROBE_CLIENT_ pair is set`,
  ]);
}

function mailAccessOf(env: Environment): Part<Settings["mail"]["access"]> {
  const { MAIL_CONNECTION_STRING: connectionString, MAIL_ENDPOINT: endpoint } = env;
  if (connectionString !== undefined) {
    if (/endpoint=https?:\/\/.+accesskey=/i.test(connectionString))
      return ok({ kind: "connectionString", connectionString });
    return err(["MAIL_CONNECTION_STRING: must have the form endpoint=https://...;accesskey=..."]);
  }
  if (endpoint === undefined) return err(["MAIL_CONNECTION_STRING: is missing (or MAIL_ENDPOINT)"]);
  return isSafeUrl(endpoint) ? ok({ kind: "identity", endpoint }) : err(["MAIL_ENDPOINT: must be an https URL"]);
}

function isSafeUrl(value: string): boolean {
  const parsed = URL.parse(value);
  if (parsed === null || parsed.username !== "" || parsed.password !== "") return false;
  return parsed.protocol === "https:" || (parsed.protocol === "http:" && isThisMachine(parsed));
}

const isThisMachine = ({ hostname }: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);

const isDecimal = (value: string, least: number, most: number): boolean =>
  /^\d{1,8}(\.\d{1,4})?$/.test(value) && Number(value) >= least && Number(value) <= most;
