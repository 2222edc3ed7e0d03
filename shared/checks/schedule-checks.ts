// Asks for one functional check, or one sweep, of every organisation. The ids come from the slot, so a timer that fires twice for the
// same minute asks once.

import { MINUTE_MS } from "../kernel/time/durations.ts";
import type { OrganisationStore } from "../organisations/store.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { checkRequestMessage, type CheckRequest } from "./messages.ts";
import { CHECK_QUEUE } from "./resources.ts";

interface ScheduleDeps {
  readonly organisations: Pick<OrganisationStore, "all">;
  readonly bus: Bus;
  readonly clock: Clock;
}

const SLOT_MS = MINUTE_MS;
const PER_SEND = 500;

/** The number of organisations asked for. */
export async function scheduleChecks(deps: ScheduleDeps, task: CheckRequest["task"]): Promise<number> {
  const slot = Math.floor(deps.clock.now() / SLOT_MS) * SLOT_MS;
  let pending = [];
  let count = 0;
  for await (const { organisationId } of deps.organisations.all()) {
    pending.push(checkRequestMessage({ organisationId, slot, task }));
    count += 1;
    if (pending.length === PER_SEND) {
      await deps.bus.send(CHECK_QUEUE, pending);
      pending = [];
    }
  }
  if (pending.length > 0) await deps.bus.send(CHECK_QUEUE, pending);
  return count;
}
