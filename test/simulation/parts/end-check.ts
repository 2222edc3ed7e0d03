// What must be true when a run is over (I12, I13), and what must never come out of a handler (I14).

import { describeFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { Crash, Refused, type Task } from "./gates.ts";
import { isOpenState } from "./watch-states.ts";
import type { World } from "./world.ts";

/** Campaigns that somebody still has to bring to an end; one whose creation was given up is none. */
export const openCampaigns = (world: World) =>
  [...world.watch.campaigns.values()].filter(
    ({ state, isEnded, isTold, campaignId }) =>
      state !== "creating" && (!isEnded || !isTold || world.watch.outgoingOf(campaignId) > 0),
  );

/** A handler may die, or be told by the other side to come again; anything else would end as a dead letter. */
export function checkOutcome(world: World, task: Task): void {
  const error = task.outcome?.error;
  if (error === undefined || error instanceof Crash || error instanceof TransientFailure || error instanceof Refused)
    return;
  world.watch.break("I14", `${task.what} failed: ${describeFailure(error)}`);
}

/** `expected`: the version an organisation must have, where the run knows it. */
export function checkEnd(world: World, expected?: (organisationId: string) => string): void {
  const { watch } = world;
  for (const { campaignId } of openCampaigns(world)) watch.break("I13", `campaign ${campaignId} did not end`);
  for (const row of watch.upgrades.values()) {
    const campaign = watch.campaigns.get(row.campaignId);
    if (campaign?.state !== "creating" && isOpenState(row.state)) {
      watch.break("I13", `${row.organisationId} is still ${row.state} in ${row.campaignId}`);
    }
  }
  for (const { organisationId } of world.organisations) {
    watch.observe(organisationId);
    if (!watch.isOnline(organisationId)) watch.break("I13", `${organisationId} stays offline`);
    const version = watch.versionOf(organisationId);
    const right = expected?.(organisationId);
    if (right !== undefined && version !== right) {
      watch.break("I13", `${organisationId} ends on ${version} instead of ${right}`);
    }
  }
  watch.checkTold();
}
