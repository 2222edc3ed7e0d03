// The servers of one run, fresh for each: Azurite (in memory), the broker, the control-plane stub. And what they counted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { accessLog } from "./access-log.ts";
import { firstMessage, startChild, type Child } from "./child.ts";

/** The control plane answers each call after this time. */
const ANSWER_AFTER_MS = 20;
/** Azurite's published development account: it protects nothing. */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const QUIET_MS = 300;
const COUNT_LIMIT_MS = 10_000;

/** Calls by kind, e.g. `tables: POST $batch` or `bus upgrade-steps: settlements`. */
export type Counts = Readonly<Record<string, number>>;

export interface Servers {
  readonly tables: string;
  readonly bus: string;
  readonly controlPlane: string;
  readonly pids: { readonly azurite: number; readonly broker: number; readonly stub: number };
  /** POSTs the control plane has taken. */
  calls(): Promise<number>;
  /** What both servers have counted so far, once nothing more is counted. Needs `counting`. */
  counts(): Promise<Counts>;
  stop(): Promise<void>;
}

/** `counting` has Azurite write its access log, which costs it time. */
export async function startServers(counting: boolean): Promise<Servers> {
  const directory = mkdtempSync(join(tmpdir(), "bench-azurite-"));
  const log = accessLog();
  const azurite = startChild("./azurite-server.ts", [directory, ...(counting ? [] : ["--silent"])], {
    onOutput: log.read,
  });
  const broker = startChild("./broker-server.ts", []);
  const stub = startChild("./stub-server.ts", [String(ANSWER_AFTER_MS)]);
  const stop = async (): Promise<void> => {
    await Promise.all([azurite, broker, stub].map((child) => child.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const [table, bus, plane] = await Promise.all([
      firstMessage(azurite, z.object({ port: z.number() })),
      firstMessage(broker, z.object({ connectionString: z.string(), managementPort: z.number() })),
      firstMessage(stub, z.object({ port: z.number() })),
    ]);
    await untilStarted(azurite);
    const controlPlane = `http://127.0.0.1:${plane.port}`;
    return {
      tables:
        `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
        `TableEndpoint=http://127.0.0.1:${table.port}/${ACCOUNT};`,
      bus: bus.connectionString,
      controlPlane,
      pids: { azurite: azurite.pid, broker: broker.pid, stub: stub.pid },
      calls: async () => z.object({ calls: z.number() }).parse(await getJson(`${controlPlane}/calls`)).calls,
      counts: () => settledCounts(async () => ({ ...log.counts(), ...(await busCounts(bus.managementPort)) })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilStarted(azurite: Child): Promise<void> {
  const end = performance.now() + COUNT_LIMIT_MS;
  while (!azurite.output().includes("successfully started")) {
    if (performance.now() > end) throw new Error(`Azurite did not start. It said: ${azurite.output()}`);
    await delay(20);
  }
}

/** Azurite's log arrives a little later than its answers: take the counts when they have stopped growing. */
async function settledCounts(read: () => Promise<Counts>): Promise<Counts> {
  const end = performance.now() + COUNT_LIMIT_MS;
  let counts = await read();
  for (;;) {
    await delay(QUIET_MS);
    const next = await read();
    if (JSON.stringify(next) === JSON.stringify(counts)) return next;
    if (performance.now() > end) throw new Error("The servers' counts do not come to rest: somebody is still at work.");
    counts = next;
  }
}

const LIFETIME = ["sends", "accepts", "deliveries", "settlements", "managementRequests"] as const;
const queuesSchema = z.array(z.looseObject({ name: z.string() }).and(z.record(z.string(), z.unknown())));

async function busCounts(managementPort: number): Promise<Counts> {
  const queues = queuesSchema.parse(await getJson(`http://127.0.0.1:${managementPort}/queues`));
  return Object.fromEntries(
    queues.flatMap((queue) => LIFETIME.map((kind) => [`bus ${queue.name}: ${kind}`, z.number().parse(queue[kind])])),
  );
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(COUNT_LIMIT_MS) });
  if (!response.ok) throw new Error(`GET ${url} was answered ${response.status}.`);
  return response.json();
}

/** What was counted between two moments, without the kinds that stood still. */
export function countsBetween(before: Counts, after: Counts): Counts {
  const grown = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}
