// The whole local stack: which parts, on which ports, with which settings, and what needs what.
import { parseSettings, type Settings } from "../shared/capabilities.ts";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { STORAGE_ACCOUNT, storageConnectionString } from "./azurite/connection-string.ts";
import { buildIfOlder } from "./bundle.ts";
import { PROBE } from "./fleet.ts";
import { mailConnectionString } from "./mail/sink.ts";
import { PORTS } from "./ports.ts";
import type { Part, PartPort } from "./supervisor/part.ts";
import { startStack, type Stack, type StackOptions } from "./supervisor/supervisor.ts";
import { ClearError } from "./support/clear-error.ts";
import { readTextIfPresent } from "./support/files.ts";
import { AUDIENCE } from "./tokens/token-request.ts";

const ROOT = resolve(import.meta.dirname, "..");
const SAMPLE = "local.settings.sample.json";
/** The key that the Service Bus emulator documents for everybody. */
const BUS_KEY = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE";

export interface LocalStackOptions {
  /** How many organisations the simulator holds. */
  readonly organisations: number;
  /** Divides the simulator's durations. */
  readonly speed: number;
  /** Everything the stack keeps, e.g. `.local`. */
  readonly dataDir: string;
  /** Deletes what an earlier stack kept there before it starts. */
  readonly fresh: boolean;
  /** App settings that win over the sample's and over the addresses below. */
  readonly settings?: Readonly<Record<string, string>>;
}

const at = (port: number): string => `http://127.0.0.1:${port}`;

/** Where a person or a tool finds the parts. */
export const ADDRESSES = {
  functions: `${at(PORTS.functions)}/api`,
  apiPage: at(PORTS.apiPage),
  mail: at(PORTS.mail),
  tokens: at(PORTS.tokens),
  controlPlane: at(PORTS.controlPlane),
  identity: at(PORTS.identity),
  table: `${at(PORTS.table)}/${STORAGE_ACCOUNT}`,
  serviceBus: `sb://127.0.0.1:${PORTS.amqp}`,
} as const;

/**
 * Starts everything and resolves when it is usable. The bundle is built first when its sources are newer.
 * @throws ClearError when a part does not start; nothing is left running then.
 */
export function startLocalStack(
  options: LocalStackOptions,
  supervision: Pick<StackOptions, "onEvent" | "signal"> = {},
): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const parts = stackParts({ ...options, dataDir });
  return startStack(parts, {
    ...supervision,
    dataDir,
    cwd: ROOT,
    async prepare() {
      // Only what parts keep, never the folder itself: it may be one that the caller has chosen for more than this.
      if (options.fresh) for (const part of parts) rmSync(join(dataDir, part.name), { recursive: true, force: true });
      await buildIfOlder(ROOT);
    },
  });
}

/** The parts with their commands; `dataDir` must be absolute. @throws ClearError when the sample settings are unusable. */
function stackParts(options: LocalStackOptions): readonly Part[] {
  const services = serviceParts(options);
  const functions = part(options, "functions", { port: PORTS.functions, app: ROOT }, [
    port("FUNCTIONS", PORTS.functions),
  ]);
  const apiPage = part(options, "api-page", { port: PORTS.apiPage, functions: PORTS.functions, tokens: PORTS.tokens }, [
    port("API_PAGE", PORTS.apiPage),
  ]);
  return [
    ...services,
    apiPage,
    {
      ...functions,
      needs: services.map((service) => service.name),
      env: { ...sampleSettings(), ...localSettings(), ...options.settings },
      // A handler that runs may finish before the host ends.
      stopTimeoutMs: 20_000,
    },
  ];
}

/** What the app stands on; these parts need nothing of each other. */
function serviceParts(options: LocalStackOptions): readonly Part[] {
  const { organisations, speed } = options;
  const azurite = { "blob-port": PORTS.blob, "queue-port": PORTS.queue, "table-port": PORTS.table };
  const servicebus = { port: PORTS.amqp, "management-port": PORTS.busManagement };
  const docuware = {
    port: PORTS.organisations,
    "identity-port": PORTS.identity,
    "control-plane-port": PORTS.controlPlane,
    organisations,
    speed,
  };
  const organisationPorts = Array.from({ length: organisations }, (_, index) =>
    port("ORGANISATIONS", PORTS.organisations + index + 1),
  );
  return [
    part(options, "azurite", azurite, [
      port("BLOB", PORTS.blob),
      port("QUEUE", PORTS.queue),
      port("TABLE", PORTS.table),
    ]),
    part(options, "servicebus", servicebus, [port("AMQP", PORTS.amqp), port("BUS_MANAGEMENT", PORTS.busManagement)]),
    part(options, "docuware", docuware, [
      port("IDENTITY", PORTS.identity),
      port("CONTROL_PLANE", PORTS.controlPlane),
      ...organisationPorts,
    ]),
    part(options, "tokens", { port: PORTS.tokens }, [port("TOKENS", PORTS.tokens)]),
    part(options, "mail", { port: PORTS.mail, reports: busConnectionString() }, [port("MAIL", PORTS.mail)]),
  ];
}

const busConnectionString = (): string =>
  `Endpoint=sb://127.0.0.1:${PORTS.amqp};${BUS_KEY};UseDevelopmentEmulator=true;`;

const port = (name: string, value: number): PartPort => ({ port: value, variable: `LOCAL_${name}_PORT` });

/** `npm run local -- <name> ...` as a part of the stack. */
function part(
  { dataDir }: LocalStackOptions,
  name: string,
  args: Readonly<Record<string, number | string>>,
  ports: readonly PartPort[],
): Part {
  const given: Readonly<Record<string, number | string>> = { ...args, data: join(dataDir, name) };
  const values = Object.entries(given).flatMap(([option, value]) => [`--${option}`, String(value)]);
  return {
    name,
    command: process.execPath,
    args: [join(ROOT, "local", "main.ts"), name, ...values],
    readyWhen: { line: /\bready\b/u },
    ports,
  };
}

/** What depends on the local addresses and on the credentials of the local parts. */
function localSettings(): Readonly<Record<string, string>> {
  const storage = storageConnectionString(PORTS);
  return {
    AzureWebJobsStorage: storage,
    DATA_STORAGE: storage,
    ServiceBus: busConnectionString(),
    AUTH_ISSUER: ADDRESSES.tokens,
    AUTH_AUDIENCE: AUDIENCE,
    CONTROL_PLANE_URL: ADDRESSES.controlPlane,
    PROBE_CLIENT_ID: PROBE.clientId,
    PROBE_CLIENT_SECRET: PROBE.clientSecret,
    MAIL_CONNECTION_STRING: mailConnectionString(ADDRESSES.mail),
    PUBLIC_BASE_URL: ADDRESSES.functions,
  };
}

/** As the app itself reads them. */
export const localAppSettings = (): Settings => parseSettings({ ...sampleSettings(), ...localSettings() });

const sampleSchema = z.object({ Values: z.record(z.string(), z.string()) });

function sampleSettings(): Readonly<Record<string, string>> {
  const path = join(ROOT, SAMPLE);
  const text = readTextIfPresent(path);
  try {
    return sampleSchema.parse(JSON.parse(text ?? "")).Values;
  } catch (error) {
    const what = text === undefined ? "is missing" : "does not hold an object Values of texts";
    throw new ClearError(`${path} ${what}. Restore it from version control.`, { cause: error });
  }
}
