// `npm run bench -- cold-start`: from process start until all functions are registered, the variants by turns, so that
// whatever else the machine does hits all of them.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import sample from "../../local.settings.sample.json" with { type: "json" };
import { readOptions } from "../../local/support/options.ts";
import { median } from "../upgrades/statistics.ts";
import { buildVariants, type Variants } from "./variants.ts";
import { FUNCTIONS } from "../../shared/capabilities.ts";

const STARTS = 10;
const START_LIMIT_MS = 60_000;
const AIMS = { bareRatio: 2, unbundledRatio: 0.25, files: 20, bytes: 4.6e6 } as const;
/** Nobody listens there; a start sends nothing yet. */
const TELEMETRY = {
  APPLICATIONINSIGHTS_CONNECTION_STRING:
    "InstrumentationKey=00000000-0000-4000-8000-000000000a11;IngestionEndpoint=http://127.0.0.1:9/",
};

const reportSchema = z.object({ functions: z.int(), cpuMs: z.number() });
type Start = z.infer<typeof reportSchema> & { readonly ms: number };

interface Case {
  readonly name: string;
  /** Absent: nothing but Node. */
  readonly entry?: string;
  readonly functions: number;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Options: --starts (10). @throws Error when a variant does not register what it should. */
export async function benchColdStart(args: readonly string[]): Promise<void> {
  const starts = readOptions("cold-start", args, ["starts"], []).positive("starts") ?? STARTS;
  const folder = mkdtempSync(join(tmpdir(), "cold-start-"));
  try {
    const variants = await buildVariants(folder);
    report(await measure(casesOf(variants), starts), variants, starts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function casesOf({ bare, packaged, firstCall, unbundled }: Variants): readonly Case[] {
  const functions = FUNCTIONS.length;
  const withTelemetry = { ...sample.Values, ...TELEMETRY };
  return [
    { name: "Node alone", functions: 0 },
    { name: "bare app, bundled", entry: bare, functions: 1 },
    { name: "packaged", entry: packaged, functions, settings: sample.Values },
    { name: "packaged + first call", entry: firstCall, functions, settings: sample.Values },
    { name: "unbundled, all", entry: unbundled, functions, settings: sample.Values },
    { name: "packaged, telemetry", entry: packaged, functions, settings: withTelemetry },
    { name: "all of it, telemetry", entry: firstCall, functions, settings: withTelemetry },
    { name: "unbundled, telemetry", entry: unbundled, functions, settings: withTelemetry },
  ];
}

type Measured = ReadonlyMap<string, readonly Start[]>;

async function measure(cases: readonly Case[], starts: number): Promise<Measured> {
  // Two rounds fill the file cache and are not counted.
  for (const one of [...cases, ...cases]) await start(one);
  const measured = new Map<string, Start[]>(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < starts; round += 1) {
    for (const one of cases) measured.get(one.name)?.push(await start(one));
  }
  return measured;
}

async function start({ name, entry, functions, settings = {} }: Case): Promise<Start> {
  const begun = performance.now();
  const child = spawn(process.execPath, [resolve(import.meta.dirname, "worker.cjs")], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...settings, ...(entry !== undefined && { COLD_START_ENTRY: entry }) },
    timeout: START_LIMIT_MS,
  });
  const [reports, errors] = [child.stdio[3], child.stderr];
  let [text, said, ms] = ["", "", 0];
  reports?.on("data", (chunk) => {
    ms ||= performance.now() - begun;
    text += String(chunk);
  });
  errors?.on("data", (chunk) => (said += String(chunk)));
  await new Promise((done) => child.once("close", done));
  if (text === "") throw new Error(`${name} did not start: ${said.slice(-1000)}`);
  const parsed = reportSchema.parse(JSON.parse(text));
  if (parsed.functions < functions)
    throw new Error(`${name} registered ${parsed.functions} functions, not ${functions}.`);
  return { ...parsed, ms };
}

function report(measured: Measured, { scripts }: Variants, starts: number): void {
  console.log(
    `Cold start until all functions are registered: ${starts} starts by turns, load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(`${"".padEnd(24)}    ms median [min..max]     CPU ms   functions`);
  for (const [name, all] of measured) {
    const ms = all.map((one) => one.ms);
    const range = `[${Math.min(...ms).toFixed(0)}..${Math.max(...ms).toFixed(0)}]`;
    const cpu = median(all.map((one) => one.cpuMs)).toFixed(0);
    console.log(
      `${name.padEnd(24)}${median(ms).toFixed(0).padStart(8)} ${range.padEnd(20)}${cpu.padStart(8)}${String(all[0]?.functions).padStart(12)}`,
    );
  }
  // Round by round, so that both sides of a ratio met the same load.
  const ratio = (a: string, b: string): number => {
    const [left, right] = [measured.get(a) ?? [], measured.get(b) ?? []];
    return median(left.map(({ ms }, round) => ms / (right[round]?.ms ?? Number.NaN)));
  };
  aim("packaged / bare app", ratio("packaged", "bare app, bundled"), AIMS.bareRatio);
  aim(
    "with telemetry: packaged / unbundled",
    ratio("packaged, telemetry", "unbundled, telemetry"),
    AIMS.unbundledRatio,
  );
  aim("files of JavaScript", scripts.files, AIMS.files);
  aim("MB of JavaScript", scripts.bytes / 1e6, AIMS.bytes / 1e6);
}

function aim(what: string, value: number, atMost: number): void {
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(2);
  console.log(`${what}: ${shown} (aim: at most ${atMost}) ${value <= atMost ? "met" : "MISSED"}`);
}
