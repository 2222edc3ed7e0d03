// Quick versions of what `npm run simulate` does at length.

import { expect, test } from "vitest";
import { tablesSuite } from "../contract/platform/tables.suite.ts";
import { runCampaign } from "./parts/campaign-run.ts";
import { runSeeds } from "./parts/seed-jobs.ts";
import { catchMutation } from "./parts/mutation-hunt.ts";
import { MUTATION_NAMES, type AnyMutation } from "./parts/mutations.ts";
import { runSeed } from "./parts/seeded-run.ts";
import { simTables } from "./parts/sim-tables.ts";

tablesSuite("simulation", async () => simTables());

test("150 seeds: crashes, lost locks, frozen workers, lost messages and a failing control plane break no invariant", async () => {
  const { runs, failures } = await runSeeds({ kind: "seeds", first: 1, last: 150 });
  expect(failures).toEqual([]);
  expect(runs).toBe(150);
});

test("one seed gives the same run twice, step by step, and another seed another run", async () => {
  const linesOf = async (seed: number): Promise<string> => {
    const lines: string[] = [];
    await runSeed(seed, { trace: (line) => void lines.push(line) });
    return lines.join("\n");
  };
  const first = await linesOf(17);
  expect(first.split("\n").length).toBeGreaterThan(100);
  expect(await linesOf(17)).toBe(first);
  expect(await linesOf(18)).not.toBe(first);
});

test("an announced campaign of 100 organisations ends, with every organisation on the right version", async () => {
  const { broken, rolledBack, counts, virtualMs } = await runCampaign(100);
  expect(broken).toBeUndefined();
  expect(rolledBack).toBe(3);
  // Announcement, two reminders, and how it ended.
  expect(counts.mails).toBe(400);
  expect(virtualMs).toBeGreaterThan(28 * 86_400_000);
});

/** Where the hunt begins for a defect that only few seeds show: it finds it from any seed, this is only quicker. */
const BEGIN_AT: Partial<Record<AnyMutation, number>> = {
  "fencing off": 235,
  "failureBudget ignored": 40,
  "ring budget ignored": 143,
  "stamp budget ignored": 33,
  "verdict ignored": 193,
  "window not checked": 374,
  "late turns not refused": 353,
  "freeze not checked": 24,
  "doubled times ignored": 15,
  "silent past the deadline": 80,
};

/** A hunt may need a hundred seeds, and the machine may be busy. */
const HUNT_MS = 300_000;

test.each(MUTATION_NAMES)(
  "a system with the defect “%s” is caught",
  async (mutation) => {
    expect(await catchMutation(mutation, 1000, BEGIN_AT[mutation])).toBeDefined();
  },
  HUNT_MS,
);
