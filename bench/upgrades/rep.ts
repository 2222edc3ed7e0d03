// One run of one contestant on servers of its own: started, measured, counted, its outcome checked at the servers.
import { TableClient } from "@azure/data-tables";
import { startChild, type Child } from "./child.ts";
import {
  fromContestantSchema,
  MEASURED_CAMPAIGN,
  type ContestantName,
  type Job,
  type Measurement,
  type Phase,
} from "./job.ts";
import { countsBetween, startServers, type Counts, type Servers } from "./servers.ts";
import { expectedOutcome } from "./workload.ts";

const RUN_LIMIT_MS = 10 * 60_000;

export interface RepOptions {
  readonly contestant: ContestantName;
  readonly organisations: number;
  readonly warmUp: number;
  readonly concurrency: number;
  /** How long a worker keeps an empty session; 0 releases it after one message. */
  readonly sessionIdleMs: number;
  /** Counts at the servers; then the times mean little. */
  readonly counting: boolean;
  /** Where a CPU profile of the contestant goes. */
  readonly profileDirectory?: string;
}

export interface Rep {
  readonly measurement: Measurement;
  /** Calls at the servers, when counted: for creating the campaign, and from the start to the end of the upgrades. */
  readonly counted?: { readonly creation: Counts; readonly run: Counts };
}

/** Throws when the outcome is wrong: then the measurement means nothing. */
export async function runRep(options: RepOptions): Promise<Rep> {
  const servers = await startServers(options.counting);
  let child: Child | undefined;
  try {
    child = startContestant(options, servers);
    const snapshots = new Map<Phase, Counts>();
    const calls = new Map<Phase, number>();
    const measurement = await follow(child, async (phase) => {
      calls.set(phase, await servers.calls());
      if (options.counting) snapshots.set(phase, await servers.counts());
    });
    await checkOutcome(options, servers, (calls.get("done") ?? 0) - (calls.get("ready") ?? 0));
    const at = (phase: Phase): Counts => snapshots.get(phase) ?? {};
    const counted = {
      creation: countsBetween(at("ready"), at("created")),
      run: countsBetween(at("created"), at("done")),
    };
    return { measurement, ...(options.counting && { counted }) };
  } finally {
    await child?.stop();
    await servers.stop();
  }
}

function startContestant(options: RepOptions, servers: Servers): Child {
  const job: Job = {
    contestant: options.contestant,
    organisations: options.organisations,
    warmUp: options.warmUp,
    concurrency: options.concurrency,
    sessionIdleMs: options.sessionIdleMs,
    tables: servers.tables,
    bus: servers.bus,
    controlPlane: servers.controlPlane,
    azuritePid: servers.pids.azurite,
    brokerPid: servers.pids.broker,
    stubPid: servers.pids.stub,
  };
  const { profileDirectory } = options;
  const execArgv = profileDirectory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`];
  return startChild("./contestant.ts", [JSON.stringify(job)], { execArgv });
}

/** Sends the contestant on after each phase; resolves with its measurement when its process has ended. */
function follow(child: Child, onPhase: (phase: Phase) => Promise<void>): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const fail = (why: unknown): void => reject(new Error(`A contestant failed: ${String(why)}. ${child.output()}`));
    const timer = setTimeout(() => fail(`it did not end within ${RUN_LIMIT_MS} ms`), RUN_LIMIT_MS);
    let measurement: Measurement | undefined;
    child.process.on("message", (message) => {
      const parsed = fromContestantSchema.safeParse(message);
      if (!parsed.success) fail(parsed.error.message);
      else if (parsed.data.kind === "measured") measurement = parsed.data.measurement;
      else onPhase(parsed.data.phase).then(() => child.process.send({ kind: "go" }), fail);
    });
    child.process.once("error", fail);
    child.process.once("exit", (code) => {
      clearTimeout(timer);
      if (measurement === undefined) fail(`it ended with code ${code} before it had measured`);
      else resolve(measurement);
    });
  });
}

/** The rows as they are stored, and the calls as the control plane has taken them. */
async function checkOutcome(options: RepOptions, servers: Servers, calls: number): Promise<void> {
  const client = TableClient.fromConnectionString(servers.tables, "Upgrades", { allowInsecureConnection: true });
  const found: Record<string, number> = {};
  const filter = `PartitionKey eq '${MEASURED_CAMPAIGN}' and RowKey ge 'u|' and RowKey lt 'u}'`;
  for await (const row of client.listEntities<{ state: string }>({ queryOptions: { filter } })) {
    found[row.state] = (found[row.state] ?? 0) + 1;
  }
  const { succeeded, rolledBack, calls: due } = expectedOutcome(options.organisations);
  const isRight =
    (found["succeeded"] ?? 0) === succeeded &&
    (found["rolledBack"] ?? 0) === rolledBack &&
    Object.values(found).reduce((sum, count) => sum + count, 0) === options.organisations;
  if (!isRight) {
    throw new Error(
      `${options.contestant}: wrong outcome ${JSON.stringify(found)}, due are ${succeeded} succeeded and ${rolledBack} rolledBack.`,
    );
  }
  if (calls !== due) {
    throw new Error(`${options.contestant}: the control plane took ${calls} calls, due are ${due}.`);
  }
}
