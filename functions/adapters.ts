// The outside world, made once per process from the settings: storage, queues, mail, HTTP, the clock and the log. Every call
// of it is reported (docs/telemetry.md).

import { azureBus, azureQueueAge } from "../shared/platform/bus/azure-bus.ts";
import type { AzureBusOptions } from "../shared/platform/bus/azure-bus-client.ts";
import type { Bus, QueueAge } from "../shared/platform/bus/bus.ts";
import { azureMailer } from "../shared/platform/mail/azure-mail.ts";
import { azureTables } from "../shared/platform/tables/azure-tables.ts";
import { clockWatch, type ClockWatch } from "../shared/platform/clock/clock-watch.ts";
import { systemClock, systemMonotonic, type Clock } from "../shared/platform/clock/clock.ts";
import { azureCredential } from "../shared/platform/credential.ts";
import type { HttpClient } from "../shared/platform/http-client/http-client.ts";
import { createHttpClient } from "../shared/platform/http-client/lazy-http-client.ts";
import { EVENTS, type AppLog } from "../shared/capabilities.ts";
import { logTo, toConsole, toTelemetry } from "../shared/platform/telemetry/log.ts";
import type { Mailer } from "../shared/platform/mail/mail.ts";
import { dnsResolver, type ResolveHost } from "../shared/platform/outbound/resolve.ts";
import type { Settings } from "../shared/capabilities.ts";
import type { Tables } from "../shared/platform/tables/tables.ts";
import type { Telemetry } from "../shared/platform/telemetry/telemetry.ts";
import { tracedBus, tracedHttpClient, tracedMailer, tracedTables } from "../shared/platform/telemetry/traced-ports.ts";
import { ORGANISATIONS_TABLE } from "../shared/organisations/resources.ts";

export interface Adapters {
  /** Throws ClockOff while this instance's clock is wrong: whoever acts by it stops. */
  readonly clock: Clock;
  readonly clockWatch: ClockWatch;
  readonly log: AppLog;
  readonly tables: Tables;
  /** Those of the audit log, in an account of their own where the settings name one. */
  readonly auditTables: Tables;
  readonly bus: Bus;
  readonly queueAge: QueueAge;
  readonly mailer: Mailer;
  /** For addresses that come from data or from somebody's answer. */
  readonly http: HttpClient;
  /** For addresses that stand in the settings: they may be private. */
  readonly operatorHttp: HttpClient;
  readonly resolve: ResolveHost;
  readonly telemetry: Telemetry;
}

export async function makeAdapters(settings: Settings, telemetry: Telemetry): Promise<Adapters> {
  const watch: ClockWatch = clockWatch({
    wall: systemClock,
    monotonic: systemMonotonic,
    boundMs: settings.clockSkewBoundMs,
    // Any table, and a row that is not there: the answer says what time it is all the same.
    ask: () => tables.table(ORGANISATIONS_TABLE).read({ partition: "clock", row: "clock" }),
  });
  const tables = tracedTables(await tablesOf(settings.storage, watch), telemetry);
  const bus = await busAccess(settings.bus);
  const resolve = dnsResolver();
  return {
    clock: watch.guarded,
    clockWatch: watch,
    log: logTo(EVENTS, toConsole(), toTelemetry(telemetry)),
    tables,
    auditTables: await auditTablesOf(settings, tables, watch, telemetry),
    bus: tracedBus(azureBus(bus), telemetry),
    queueAge: azureQueueAge(bus),
    mailer: tracedMailer(await mailerOf(settings.mail), telemetry),
    http: tracedHttpClient(
      createHttpClient({ connectionsPerHost: 64, outbound: { policy: settings.outbound, resolve } }),
      telemetry,
    ),
    operatorHttp: tracedHttpClient(createHttpClient({ connectionsPerHost: 64 }), telemetry),
    resolve,
    telemetry,
  };
}

async function tablesOf(storage: Settings["storage"], answerTimes: ClockWatch): Promise<Tables> {
  if (storage.kind === "connectionString") return azureTables({ ...storage, answerTimes });
  return azureTables({ endpoint: storage.tableServiceUri, credential: await azureCredential(), answerTimes });
}

async function auditTablesOf(
  { auditStorage }: Settings,
  tables: Tables,
  watch: ClockWatch,
  telemetry: Telemetry,
): Promise<Tables> {
  return auditStorage === undefined ? tables : tracedTables(await tablesOf(auditStorage, watch), telemetry);
}

const busAccess = async (bus: Settings["bus"]): Promise<AzureBusOptions> =>
  bus.kind === "connectionString" ? bus : { ...bus, credential: await azureCredential() };

async function mailerOf({ access, sender }: Settings["mail"]): Promise<Mailer> {
  if (access.kind === "connectionString") return azureMailer({ ...access, sender });
  return azureMailer({ ...access, sender, credential: await azureCredential() });
}
