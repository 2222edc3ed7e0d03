// The report: figures per contestant, calls at the servers, and the verdict on the aims.
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { z } from "zod";
import type { ContestantName } from "./job.ts";
import type { Rep } from "./rep.ts";
import type { Counts } from "./servers.ts";
import { median, short, spread } from "./statistics.ts";

/** The aims are part of the project's promises: they are never moved to fit a measurement. */
const AIMS = { operationsPerUpgrade: 9, cpuRatio: 1.25, rateRatio: 0.7 } as const;
const PACKAGES = ["@azure/data-tables", "@azure/service-bus", "azurite", "undici", "zod"] as const;

export interface Results {
  readonly organisations: number;
  readonly timed: ReadonlyMap<ContestantName, readonly Rep[]>;
  readonly counted: ReadonlyMap<ContestantName, Rep>;
}

export function machineLines(): readonly string[] {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => {
    const found = z.object({ version: z.string() }).safeParse(require(`../../node_modules/${name}/package.json`));
    return `${name} ${found.success ? found.data.version : "unknown"}`;
  };
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, load ${load.join(" ")}`,
    PACKAGES.map(version).join(", "),
  ];
}

export function reportLines(results: Results): readonly string[] {
  return [...figures(results), "", ...calls(results), "", ...verdict(results), "", ...machineLines().slice(0, 1)];
}

function figures({ organisations, timed }: Results): readonly string[] {
  const rows = [...timed].map(([contestant, reps]) => {
    const per = (pick: (rep: Rep) => number): string => spread(reps.map((rep) => pick(rep) / organisations));
    return [
      contestant,
      spread(reps.map((rep) => rateOf(rep, organisations))),
      per((rep) => rep.measurement.cpuMs.own),
      per((rep) => rep.measurement.cpuMs.azurite),
      per((rep) => rep.measurement.cpuMs.broker),
      short(median(reps.map((rep) => rep.measurement.p50Ms))),
      short(median(reps.map((rep) => rep.measurement.p99Ms))),
      per((rep) => rep.measurement.creation.cpuMs),
    ];
  });
  const head = ["contestant", "upgrades/s", "own CPU ms", "Azurite CPU ms", "broker CPU ms", "p50 ms", "p99 ms"];
  return [
    "Per upgrade, median [min..max] of the reps. p50/p99: one organisation from pick-up to its durable end.",
    ...tableLines([[...head, "creation CPU ms"], ...rows]),
  ];
}

function calls({ organisations, counted }: Results): readonly string[] {
  const lines = ["Calls counted at the servers, per upgrade (Azurite's access log, the broker's counters)."];
  for (const [contestant, { counted: counts }] of counted) {
    if (counts === undefined) continue;
    const perUpgrade = (some: Counts): string => short(total(some) / organisations);
    const both = short((total(counts.creation) + total(counts.run)) / organisations);
    lines.push(`${contestant}: ${both} (creation ${perUpgrade(counts.creation)}, run ${perUpgrade(counts.run)})`);
    const kinds = Object.entries(counts.run).toSorted(([, a], [, b]) => b - a);
    for (const [kind, count] of kinds) lines.push(`    ${short(count / organisations).padStart(6)}  ${kind}`);
  }
  return lines;
}

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
const rateOf = ({ measurement }: Rep, organisations: number): number => (1000 * organisations) / measurement.wallMs;

function verdict(results: Results): readonly string[] {
  const { organisations, timed, counted } = results;
  const ours = timed.get("ours");
  if (ours === undefined) return ["No verdict without ours."];
  const ratios = (floor: ContestantName, of: (rep: Rep) => number): readonly number[] =>
    (timed.get(floor) ?? []).flatMap((rep, index) => {
      const own = ours[index];
      return own === undefined ? [] : [of(own) / of(rep)];
    });
  const rows = [["aim", "measured", "verdict"]];
  const counts = counted.get("ours")?.counted;
  if (counts !== undefined) {
    const operations = (total(counts.creation) + total(counts.run)) / organisations;
    const isMet = operations <= AIMS.operationsPerUpgrade;
    rows.push([`operations per upgrade <= ${AIMS.operationsPerUpgrade}`, operations.toFixed(2), word(isMet)]);
  }
  // The queue is there to stay: the floors without one are for information.
  const cpu = ratios("floor-queue", ({ measurement }) => measurement.cpuMs.own);
  const rate = ratios("floor-queue", (rep) => rateOf(rep, organisations));
  if (cpu.length > 0) {
    rows.push([`own CPU <= ${AIMS.cpuRatio} x floor-queue`, spread(cpu), word(median(cpu) <= AIMS.cpuRatio)]);
    rows.push([`rate >= ${AIMS.rateRatio} x floor-queue`, spread(rate), word(median(rate) >= AIMS.rateRatio)]);
  }
  return ["Verdict (ratios: median [min..max] of the ratios within one rep)", ...tableLines(rows)];
}

const word = (isMet: boolean): string => (isMet ? "met" : "MISSED");

function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
