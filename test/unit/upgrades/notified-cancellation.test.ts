// What the customer of an organisation that is left out is told: never that all is well when it is not.

import { expect, test } from "vitest";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import { wellnessOf } from "../../../shared/upgrades/core/health.ts";
import type { SkipCause } from "../../../shared/upgrades/core/upgrade.ts";
import { notifyMove, type NotifyDeps } from "../../../shared/upgrades/upgrade/notify.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, NOON } from "../../support/upgrades.ts";
import { anOrganisation } from "./support.ts";

async function cancelled(reason: string, by: string, cause?: SkipCause): Promise<NewNotice["appointment"] | undefined> {
  const cancellations: NewNotice[] = [];
  const nothing = async (): Promise<void> => undefined;
  const deps: NotifyDeps = {
    clock: { now: () => NOON },
    organisationOf: async () => anOrganisation("baker"),
    requestNotices: nothing,
    withdrawNotices: nothing,
    cancelAppointment: async (one) => void cancellations.push(one),
    raiseIncident: nothing,
    publish: nothing,
    requestCheck: nothing,
  };
  const upgrade = anUpgrade({ appointment: BERLIN_NIGHT });
  const entry = {
    organisationId: "baker",
    sequence: 1,
    at: NOON,
    from: "scheduled",
    to: "skipped",
    by,
    reason,
    ...(cause === undefined ? {} : { cause }),
  } as const;
  await notifyMove(deps, { entry, upgrade }, aCampaign());
  return cancellations[0]?.appointment;
}

const failed = { at: NOON, outcome: "failed", failure: "search: nothing found" } as const;
const wellness = wellnessOf([failed, failed], NOON, 60_000);
const ill = wellness.kind === "ill" ? wellness.reason : "";

test("an organisation whose own check failed: the cause goes with the cancellation, as a closed value", async () => {
  expect(await cancelled(ill, "worker:upgrades", "ill")).toMatchObject({ because: "functionalCheckFailed" });
});

test.each([
  ["another reason", "it has the version already", "worker:upgrades"],
  ["an operator's own words", ill, "user:eva"],
])("%s is no cause for the customer", async (_, reason, by) => {
  expect(await cancelled(reason, by)).not.toHaveProperty("because");
});
