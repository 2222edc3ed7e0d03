// Rings are a partition of the organisations that follows from the request alone; tallies count every one of them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { assignRings, type RingShare } from "../../../shared/upgrades/core/rings.ts";
import { moved, PLACES, sum, tallyOf, type Place } from "../../../shared/upgrades/core/tally.ts";
import { NOON } from "../../support/upgrades.ts";

const ids = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{2,6}$/), { minLength: 1, maxLength: 60 });
const names = ["canary", "early", "broad", "last"] as const;

/** Shares that can be met: in tenths of a percent, together at most 100 %; some organisations are named. */
const request = fc
  .record({
    ids,
    rings: fc.integer({ min: 1, max: names.length }),
    tenths: fc.array(fc.nat(1000), { minLength: names.length, maxLength: names.length }),
    named: fc.array(fc.nat(20), { maxLength: 10 }),
  })
  .map(({ ids, rings, tenths, named }) => {
    const total = tenths.slice(0, rings).reduce((sum, one) => sum + one, 0);
    const scale = total > 1000 ? 1000 / total : 1;
    const taken = new Set<string>();
    const shares = names.slice(0, rings).map((ring, index): RingShare => {
      const percent = Math.floor((tenths[index] ?? 0) * scale) / 10;
      const organisations = named
        .filter((which) => which % rings === index)
        .flatMap((which) => ids[which] ?? [])
        .filter((id) => !taken.has(id));
      for (const id of organisations) taken.add(id);
      return { ring, ...(percent === 0 ? {} : { percent }), organisations: [...new Set(organisations)] };
    });
    return { ids, shares };
  });

test("every organisation is in exactly one ring, the named ones in theirs, and each share is met", () => {
  fc.assert(
    fc.property(request, ({ ids, shares }) => {
      const assigned = assignRings(shares, ids);
      if (!assigned.ok) throw new Error(JSON.stringify(assigned.error));
      const ringOf = assigned.value;
      expect([...ringOf.keys()].toSorted()).toEqual(ids.toSorted());
      let left = ids.length - shares.reduce((total, { organisations = [] }) => total + organisations.length, 0);
      for (const [index, { ring, percent = 0, organisations = [] }] of shares.entries()) {
        for (const organisation of organisations) expect(ringOf.get(organisation)).toBe(ring);
        const members = [...ringOf.values()].filter((one) => one === ring).length - organisations.length;
        const wanted = Math.min(left, Math.ceil((ids.length * percent) / 100));
        if (index === shares.length - 1) expect(members).toBe(left);
        else expect(members).toBe(wanted);
        left -= members;
      }
      expect(left).toBe(0);
    }),
  );
});

test("the order in which organisations are listed changes nothing", () => {
  fc.assert(
    fc.property(request, ({ ids, shares }) => {
      const entries = (list: readonly string[]) => {
        const assigned = assignRings(shares, list);
        return assigned.ok ? new Map([...assigned.value].toSorted(([a], [b]) => (a < b ? -1 : 1))) : assigned.error;
      };
      expect(entries(ids.toReversed())).toEqual(entries(ids));
      expect(entries(ids.toSorted())).toEqual(entries(ids));
    }),
  );
});

test("tallies are never below zero, and their sum is always the number of organisations", () => {
  const places = fc.constantFrom<Place>(...PLACES);
  const groups = fc.array(
    fc.record({ ring: fc.constantFrom("canary", "broad"), stamp: fc.constantFrom("eu-1", "us-1") }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(groups, fc.array(fc.tuple(fc.nat(), places), { maxLength: 80 }), (upgrades, moves) => {
      const at = upgrades.map((): Place => "waiting");
      let tallies = tallyOf(upgrades);
      for (const [which, to] of moves) {
        const index = which % upgrades.length;
        const upgrade = upgrades[index];
        const from = at[index];
        if (upgrade === undefined || from === undefined) continue;
        tallies = moved(tallies, upgrade, from, to, NOON);
        at[index] = to;
        const counts = sum(tallies);
        for (const place of PLACES) expect(counts[place]).toBe(at.filter((one) => one === place).length);
        for (const tally of tallies) expect(Math.min(...Object.values(tally.counts))).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
