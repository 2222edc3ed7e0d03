// `npm run bench -- upgrades`: what the product's upgrade path costs, beside floors that do the least a crash-safe
// upgrade needs. Contestants are interleaved rep by rep, so that noise hits all alike; only ratios within a rep count.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { ClearError } from "../../local/support/clear-error.ts";
import { readOptions } from "../../local/support/options.ts";
import { CONTESTANTS, type ContestantName } from "./job.ts";
import { runRep, type Rep, type RepOptions } from "./rep.ts";
import { machineLines, reportLines } from "./report.ts";

const STANDARD = { organisations: 200, reps: 5, concurrency: 50, warmUp: 50 } as const;
const MAX_ORGANISATIONS = 10_000;

/**
 * Options: --n organisations, --reps, --concurrency, --warmup organisations, --contestants a,b,c, --session-idle MS (keep
 * a session that long for its next message, as the Functions host does; absent: release it after one message) and
 * --profile DIR (one rep of `ours` with a CPU profile, nothing else). Throws when an outcome is wrong; a missed aim is
 * only reported.
 */
export async function benchUpgrades(args: readonly string[]): Promise<void> {
  const options = readOptions("upgrades", args, [
    "n",
    "reps",
    "concurrency",
    "warmup",
    "contestants",
    "profile",
    "session-idle",
  ]);
  const whole = (name: string, standard: number, max: number): number => {
    const value = options.positive(name) ?? standard;
    if (Number.isInteger(value) && value <= max) return value;
    throw new ClearError(`upgrades: --${name} must be a whole number from 1 to ${max}.`);
  };
  const base = {
    organisations: whole("n", STANDARD.organisations, MAX_ORGANISATIONS),
    warmUp: whole("warmup", STANDARD.warmUp, MAX_ORGANISATIONS),
    concurrency: whole("concurrency", STANDARD.concurrency, 1000),
    sessionIdleMs: options.positive("session-idle") === undefined ? 0 : whole("session-idle", 1, 60_000),
  };
  const reps = whole("reps", STANDARD.reps, 100);
  const contestants = chosen(options.text("contestants", CONTESTANTS.join(",")));
  const profile = options.text("profile", " ").trim();
  if (profile !== "") return profileOurs({ ...base, contestant: "ours", counting: false }, resolve(profile));
  for (const line of machineLines()) console.log(line);
  const { organisations, concurrency, warmUp, sessionIdleMs } = base;
  console.log(
    `${organisations} organisations, ${concurrency} in flight, ${reps} reps, warm-up ${warmUp}, session idle ${sessionIdleMs} ms`,
  );
  const timed = await timedReps(base, contestants, reps);
  const counted = new Map<ContestantName, Rep>();
  for (const contestant of contestants) {
    // Without warm-up, so that the servers have counted nothing else.
    counted.set(contestant, await runRep({ ...base, warmUp: 0, contestant, counting: true }));
  }
  for (const line of reportLines({ organisations, timed, counted })) console.log(line);
}

function chosen(text: string): readonly ContestantName[] {
  return text.split(",").map((name) => {
    const known = CONTESTANTS.find((one) => one === name);
    if (known !== undefined) return known;
    throw new ClearError(`upgrades: --contestants takes some of ${CONTESTANTS.join(",")}, not "${name}".`);
  });
}

type Base = Omit<RepOptions, "contestant" | "counting">;

async function timedReps(base: Base, contestants: readonly ContestantName[], reps: number) {
  const timed = new Map<ContestantName, Rep[]>(contestants.map((contestant) => [contestant, []]));
  for (let rep = 0; rep < reps; rep++) {
    for (const contestant of contestants) {
      const done = await runRep({ ...base, contestant, counting: false });
      timed.get(contestant)?.push(done);
      const rate = (1000 * base.organisations) / done.measurement.wallMs;
      console.error(`rep ${rep + 1}/${reps} ${contestant}: ${rate.toFixed(0)}/s`);
    }
  }
  return timed;
}

async function profileOurs(options: RepOptions, profileDirectory: string): Promise<void> {
  mkdirSync(profileDirectory, { recursive: true });
  const { measurement } = await runRep({ ...options, profileDirectory });
  const own = measurement.cpuMs.own / options.organisations;
  console.log(`own CPU ${own.toFixed(2)} ms per upgrade while profiled; the profile is in ${profileDirectory}`);
}
