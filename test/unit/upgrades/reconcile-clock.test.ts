// What an instance with a wrong clock has written stalls nothing: the reconciler believes no time from the future.

import { describe, expect, test } from "vitest";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { holdsOrganisations } from "../../../shared/upgrades/core/campaign.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { aCampaign, anUpgrade, HOUR, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

async function wokenAt(campaign: Campaign, upgrades: readonly Upgrade[] = []) {
  const clock = { now: () => NOON };
  const bus = memoryBus({ clock, queues: QUEUES });
  await reconcile({
    store: {
      listCampaigns: async () => ({ items: [{ campaign, etag: "1" }], cursor: undefined }),
      activeUpgrades: async () => upgrades.map((upgrade) => ({ upgrade, etag: "1" })),
    },
    bus,
    clock,
    policy: POLICY,
    tickMs: 5000,
    raiseIncident: async () => {},
    log: memoryLog(),
  });
  const dueIn = (queue: string): readonly number[] => bus.all(queue).map(({ dueAt }) => dueAt - NOON);
  return { campaign: dueIn(CAMPAIGN_QUEUE), upgrades: dueIn(UPGRADE_QUEUE) };
}

const running = (changes: Partial<Campaign> = {}): Campaign =>
  aCampaign({ state: "running", createdAt: NOON - HOUR, ...changes });

describe("the reconciler", () => {
  test.each([HOUR, 2 * HOUR, 5 * MINUTE])("wakes an upgrade that was entered %d ms in the future", async (ahead) => {
    const upgrade = anUpgrade({
      state: "goingOnline",
      enteredAt: NOON + ahead,
      deadline: NOON + ahead + 10 * MINUTE,
    });
    const [dueIn = Infinity] = (await wokenAt(running(), [upgrade])).upgrades;
    expect(dueIn).toBeLessThanOrEqual(MINUTE);
  });

  test("leaves alone one that has just moved", async () => {
    const upgrade = anUpgrade({ state: "goingOnline", enteredAt: NOON - 1000, deadline: NOON + MINUTE });
    expect((await wokenAt(running(), [upgrade])).upgrades).toEqual([]);
  });

  test("leaves a campaign asleep for an hour, and not for longer: no sleep is", async () => {
    expect((await wokenAt(running({ sleepsUntil: NOON + HOUR }))).campaign).toEqual([]);
    expect((await wokenAt(running({ sleepsUntil: NOON + 2 * HOUR }))).campaign).toHaveLength(1);
  });

  test("wakes a campaign that was created in the future", async () => {
    const [dueIn = Infinity] = (await wokenAt(running({ createdAt: NOON + HOUR }))).campaign;
    expect(dueIn).toBeLessThanOrEqual(MINUTE);
  });
});

test("a creation from the future holds its organisations no longer than any other", () => {
  const creating = (createdAt: number): Campaign => aCampaign({ state: "creating", createdAt });
  expect(holdsOrganisations(creating(NOON - MINUTE), NOON)).toBe(true);
  expect(holdsOrganisations(creating(NOON + HOUR), NOON)).toBe(false);
});
