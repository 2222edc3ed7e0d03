// Another date for an upgrade whose own cannot be kept: the next window that fits and can be announced four weeks ahead,
// or, when there is none or it happens again and again, none at all.

import type { UpgradeDeps } from "../deps.ts";
import { DAY_MS } from "../../kernel/time/durations.ts";
import { freezesFor } from "../../kernel/time/freeze.ts";
import { nextOpportunity } from "../../kernel/time/opportunity.ts";
import { windowOf } from "../../organisations/organisation.ts";
import { movedByUs } from "../core/appointment.ts";
import type { UpgradeEvent } from "../core/decide.ts";
import type { Upgrade } from "../core/upgrade.ts";

export type ChangeDateDeps = Pick<UpgradeDeps, "clock" | "organisationOf" | "freezes" | "need">;

/** After so many dates that were not kept the organisation is left out, and support looks into it. */
const MOST_MISSED = 3;
/** By then the change notice has been accepted, also when many are sent. */
const NOTICE_MARGIN_MS = DAY_MS;

export async function changeDate(deps: ChangeDateDeps, upgrade: Upgrade, reason: string): Promise<UpgradeEvent> {
  const { appointment, organisationId } = upgrade;
  const skip = (detail: string): UpgradeEvent => ({ kind: "skipRequested", reason: `${reason}; ${detail}` });
  const organisation = await deps.organisationOf(organisationId);
  if (appointment === undefined || organisation === undefined) return skip("it is not in the registry");
  if (appointment.missed + 1 >= MOST_MISSED) return skip(`that was the date number ${MOST_MISSED} that was not kept`);
  const [freezes, need] = await Promise.all([deps.freezes(), deps.need()]);
  const now = deps.clock.now();
  const found = nextOpportunity({
    window: windowOf(organisation),
    freezes: freezesFor(freezes, organisation),
    notBefore: now,
    needMs: need.upgradeMs + need.rollBackMs,
    noticeAt: now + NOTICE_MARGIN_MS,
  });
  if (!found.ok) return skip(found.error.message);
  return { kind: "appointed", appointment: movedByUs(appointment, found.value, true), reason };
}
