// I12: every upgrade that has ended was told: one event of one id, and to the customer one notice, before the move leaves
// the outbox; no more of them than ends.

import type { Write } from "../../../shared/platform/tables.ts";
import type { Surroundings } from "./surroundings.ts";
import { keyOf, type OutgoingRow, type UpgradeRow } from "./watch-rows.ts";
import { isOpenState, type Break } from "./watch-states.ts";

const NOTICES: Partial<Record<string, string>> = { succeeded: "completion", rolledBack: "rollBack" };

const ENDS: ReadonlySet<string> = new Set(["upgrade.succeeded", "upgrade.rolledBack", "upgrade.skipped"]);

export function createTold({ events }: Surroundings, breakIt: Break) {
  /** Campaign and organisation -> kinds of their notices. */
  const notices = new Map<string, string[]>();
  /** Queue row -> when it is to be sent. */
  const pending = new Map<string, number>();
  let earliest: number | undefined = Infinity;
  const wait = (row: string, at: number): void => {
    pending.set(row, at);
    if (earliest !== undefined) earliest = Math.min(earliest, at);
  };
  const leave = (row: string): void => {
    if (pending.get(row) === earliest) earliest = undefined;
    pending.delete(row);
  };
  const check = (key: string, campaignId: string, organisationId: string, sequence: number, state: string): void => {
    if (!events.has(`${campaignId}:${organisationId}:${sequence}`))
      breakIt("I12", `the end of ${key} (${state}) was not published`);
    const kind = NOTICES[state];
    const found = notices.get(key)?.filter((one) => one === "completion" || one === "rollBack") ?? [];
    const wanted = kind === undefined ? [] : [kind];
    if (found.join() !== wanted.join())
      breakIt("I12", `${key} ended as ${state}, its notices are: ${found.join() || "none"}`);
  };
  return {
    onNotices(writes: readonly Write[]): void {
      for (const { kind, row } of writes) {
        const [mark, campaignId = "", organisationId = "", noticeKind = ""] = row.split("|");
        if (mark === "d" && kind === "remove") leave(row);
        else if (mark === "d") wait(row, Number(campaignId));
        if (kind !== "insert" || mark !== "n") continue;
        const key = keyOf({ campaignId, organisationId });
        notices.set(key, [...(notices.get(key) ?? []), noticeKind]);
      }
    },
    /** A move leaves the outbox. */
    onSettled(campaignId: string, { organisationId, sequence, to }: OutgoingRow): void {
      if (!isOpenState(to)) check(keyOf({ campaignId, organisationId }), campaignId, organisationId, sequence, to);
    },
    /** When the next notice is to be sent; undefined when none waits. */
    nextNoticeAt(): number | undefined {
      earliest ??= [...pending.values()].reduce((a, b) => Math.min(a, b), Infinity);
      return pending.size === 0 ? undefined : earliest;
    },
    pendingNotices: (): readonly string[] => [...pending.keys()],
    checkEnd(rows: Iterable<UpgradeRow>): void {
      const ends = [...events.values()].filter(({ type }) => ENDS.has(type));
      const told = Map.groupBy(ends, ({ data }) => `${data["campaignId"]}|${data["organisationId"]}`);
      for (const row of rows) {
        if (isOpenState(row.state)) continue;
        const { campaignId, organisationId, sequence, state } = row;
        check(keyOf(row), campaignId, organisationId, sequence, state);
        const ids = told.get(keyOf(row))?.length ?? 0;
        if (ids > 1) breakIt("I12", `the end of ${keyOf(row)} was told under ${ids} ids`);
      }
    },
  };
}
