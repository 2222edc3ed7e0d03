// What compiles: a log takes the events of its catalogue, each with exactly its attributes.

import { expect, test } from "vitest";
import type { AppLog } from "../../../shared/capabilities.ts";
import type { CheckLog } from "../../../shared/checks/signals.ts";
import type { NoticeLog } from "../../../shared/notices/signals.ts";
import { counted, info, measured } from "../../../shared/platform/telemetry/events.ts";
import { counter, histogram } from "../../../shared/platform/telemetry/instruments.ts";
import type { UpgradeLog } from "../../../shared/upgrades/signals.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";

// tsc checks this function: each comment is an error of its own when the line below it compiles. Nobody calls it.
function compiles(
  all: AppLog,
  checks: CheckLog,
  notices: NoticeLog,
  outcome: "failed" | "bounced",
): readonly unknown[] {
  checks.event("check.failed", { organisationId: "a" });
  checks.event("check.failed", { organisationId: "a", step: undefined, severity: "critical" });
  // @ts-expect-error a name that is not declared
  checks.event("check.exploded", { organisationId: "a" });
  // @ts-expect-error an event of another capability
  checks.event("notices.allRefused", { mails: 1 });
  // @ts-expect-error an attribute is missing
  checks.event("check.failed", {});
  // @ts-expect-error an attribute too many
  checks.event("check.failed", { organisationId: "a", organisation: "a" });
  const more = { organisationId: "a", organisation: "a" };
  // @ts-expect-error nor in a variable
  checks.event("check.failed", more);
  // @ts-expect-error nor spread
  checks.event("check.failed", { ...more });
  // @ts-expect-error an attribute of another type
  checks.event("check.failed", { organisationId: 7 });
  notices.event(`notice.${outcome}`, { notice: "n", mailNumber: 1, isUnreachable: true });
  // @ts-expect-error what one of the possible events needs is missing
  notices.event(`notice.${outcome}`, { notice: "n", mailNumber: 1 });
  const upgrades: UpgradeLog = all;
  // @ts-expect-error a log of a part takes not everything
  const everything: AppLog = upgrades;
  const moves = counter("dwops.test.moves", "{move}", "", ["to"]);
  const time = histogram("dwops.test.time", "", ["to"], [1]);
  const kinds = { to: "text", from: "text?", ms: "ms" } as const;
  const by = ({ to }: { readonly to: string }) => ({ to });
  return [
    everything,
    info("", kinds, counted(moves, by)),
    info(
      "",
      kinds,
      // @ts-expect-error an attribute that the event has not
      counted(moves, ({ state }) => ({ to: state })),
      // @ts-expect-error one that may be absent
      counted(moves, ({ from }) => ({ to: from })),
      // @ts-expect-error an attribute of the metric is missing
      counted(moves, () => ({})),
      // @ts-expect-error a text is no duration
      measured(time, ({ to }) => to, by),
    ),
  ];
}

test("a log of all events is one of each capability, and the level is the catalogue's", () => {
  expect(compiles).toBeTypeOf("function");
  const all = memoryLog();
  const checks: CheckLog = all;
  checks.event("check.failed", { organisationId: "a" });
  expect(all.entries).toEqual([{ level: "error", event: "check.failed", fields: { organisationId: "a" } }]);
});
