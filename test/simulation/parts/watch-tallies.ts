// I8: the tallies in a campaign's row are the upgrades themselves, counted, but for the moves that still are in its outbox.

import { keyOf, type CampaignRow, type OutgoingRow, type UpgradeRow } from "./watch-rows.ts";
import { placeOf, type Break } from "./watch-states.ts";

export function createTallies(breakIt: Break) {
  const rows = new Map<string, UpgradeRow>();
  const outbox = new Map<string, Map<number, OutgoingRow>>();
  const places = new Map<string, string>();
  const outgoing = new Map<string, number>();
  /** Campaign -> ring, stamp and place -> number. */
  const sums = new Map<string, Map<string, number>>();
  const count = (row: UpgradeRow): void => {
    const key = keyOf(row);
    const sum = sums.get(row.campaignId) ?? new Map<string, number>();
    sums.set(row.campaignId, sum);
    const before = places.get(key);
    const after = cellOf(row.ring, row.stamp, countedPlace(row, outbox.get(key)));
    if (before === after) return;
    if (before !== undefined) sum.set(before, (sum.get(before) ?? 0) - 1);
    sum.set(after, (sum.get(after) ?? 0) + 1);
    places.set(key, after);
  };
  const recount = (key: string): void => {
    const row = rows.get(key);
    if (row !== undefined) count(row);
  };
  return {
    onUpgrade: (row: UpgradeRow): void => void rows.set(keyOf(row), row),
    onOutgoing(campaignId: string, move: OutgoingRow): void {
      const key = keyOf({ campaignId, organisationId: move.organisationId });
      const moves = outbox.get(key) ?? new Map<number, OutgoingRow>();
      outbox.set(key, moves);
      moves.set(move.sequence, move);
      outgoing.set(campaignId, (outgoing.get(campaignId) ?? 0) + 1);
    },
    /** The move that was removed; undefined when it was not there. */
    onRemoved(campaignId: string, organisationId: string, sequence: number): OutgoingRow | undefined {
      const moves = outbox.get(keyOf({ campaignId, organisationId }));
      const removed = moves?.get(sequence);
      if (moves?.delete(sequence) === true) outgoing.set(campaignId, (outgoing.get(campaignId) ?? 0) - 1);
      return removed;
    },
    /** To be called when a transaction is complete, with those of whom anything was written. */
    check(campaign: CampaignRow | undefined, touched: Iterable<string>): void {
      for (const key of touched) recount(key);
      if (campaign === undefined || campaign.state === "creating") return;
      const sum = sums.get(campaign.campaignId);
      let counted = 0;
      for (const { ring, stamp, counts } of campaign.tallies) {
        for (const [place, number] of Object.entries(counts)) {
          counted += number;
          const found = sum?.get(cellOf(ring, stamp, place)) ?? 0;
          if (found === number) continue;
          breakIt(
            "I8",
            `${campaign.campaignId} counts ${number} upgrades of ring ${ring} on ${stamp} as ${place}, there are ${found}`,
          );
        }
      }
      const all = [...(sum?.values() ?? [])].reduce((total, number) => total + number, 0);
      if (all !== counted) breakIt("I8", `${campaign.campaignId} counts ${counted} upgrades, there are ${all}`);
    },
    /** Moves in the outbox of a campaign. */
    outgoingOf: (campaignId: string): number => outgoing.get(campaignId) ?? 0,
  };
}

const cellOf = (ring: string, stamp: string, place: string): string => JSON.stringify([ring, stamp, place]);

/** Where the coordinator must see it: admissions are counted in the transaction that makes them, all else when settled. */
function countedPlace(row: UpgradeRow, moves: ReadonlyMap<number, OutgoingRow> | undefined): string {
  const unsettled = [...(moves?.values() ?? [])]
    .filter(({ from, to }) => from !== "scheduled" || to === "scheduled" || to === "skipped")
    .toSorted((a, b) => a.sequence - b.sequence);
  const first = unsettled[0];
  if (first === undefined) return placeOf(row.state, row.appointment?.revision ?? 0);
  return placeOf(first.from, first.to === "scheduled" ? first.revision - 1 : first.revision);
}
