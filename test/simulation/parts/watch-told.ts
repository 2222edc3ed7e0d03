// I12: every upgrade that has ended was told: one event of one id, and to the customer one notice, before the move leaves
// the outbox; no more of them than ends. Whoever was told of an upgrade that then never begins gets a cancellation.

import type { Write } from "../../../shared/platform/tables/tables.ts";
import type { Surroundings } from "./surroundings.ts";
import type { SimMailer } from "./sim-mailer.ts";
import { keyOf, text, type OutgoingRow, type UpgradeRow } from "./watch-rows.ts";
import { isOpenState, type Break } from "./watch-states.ts";

/** What the customer is told at last, by the state in which the upgrade ended. */
const LAST: Partial<Record<string, string>> = {
  succeeded: "completion",
  rolledBack: "rollBack",
  skipped: "cancellation",
};
const LASTS: ReadonlySet<string | undefined> = new Set(Object.values(LAST));

const ENDS: ReadonlySet<string> = new Set(["upgrade.succeeded", "upgrade.rolledBack", "upgrade.skipped"]);

interface Ports {
  readonly surroundings: Pick<Surroundings, "events">;
  readonly mailer: Pick<SimMailer, "about">;
}

export function createTold({ surroundings: { events }, mailer }: Ports, breakIt: Break) {
  /** Campaign and organisation -> the status of each of their notices, by kind and sequence. */
  const notices = new Map<string, Map<string, string>>();
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
  const kindsOf = (key: string) => [...(notices.get(key)?.keys() ?? [])].map((notice) => notice.split("|")[0]);
  const check = (key: string, campaignId: string, organisationId: string, sequence: number, state: string): void => {
    if (!events.has(`${campaignId}:${organisationId}:${sequence}`))
      breakIt("I12", `the end of ${key} (${state}) was not published`);
    const found = kindsOf(key).filter((kind) => LASTS.has(kind));
    if (found.join() !== LAST[state])
      breakIt("I12", `${key} ended as ${state}, its notices are: ${found.join() || "none"}`);
  };
  /** Once all mails are sent. */
  const checkCancelled = (key: string, { campaignId, organisationId }: UpgradeRow): void => {
    const mails = mailer.about(`${campaignId}.${organisationId}@upgrades.docuware.cloud`);
    const isTold = mails.some(({ event }) => event?.method === "REQUEST");
    const [, status] = [...(notices.get(key) ?? [])].find(([kind]) => kind.startsWith("cancellation")) ?? [];
    if (isTold && status === "withdrawn") breakIt("I12", `${key} was told of what never came, and not of its end`);
  };
  return {
    onNotices(writes: readonly Write[]): void {
      for (const write of writes) {
        const { kind, row } = write;
        const [mark, campaignId = "", organisationId = "", noticeKind = "", sequence] = row.split("|");
        if (mark === "d" && kind === "remove") leave(row);
        else if (mark === "d") wait(row, Number(campaignId));
        if (write.kind === "remove" || mark !== "n") continue;
        const key = keyOf({ campaignId, organisationId });
        const known = notices.get(key) ?? new Map<string, string>();
        notices.set(key, known.set(`${noticeKind}|${sequence}`, text(write.cells["status"])));
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
        if (state === "skipped") checkCancelled(keyOf(row), row);
        const ids = told.get(keyOf(row))?.length ?? 0;
        if (ids > 1) breakIt("I12", `the end of ${keyOf(row)} was told under ${ids} ids`);
      }
    },
  };
}
