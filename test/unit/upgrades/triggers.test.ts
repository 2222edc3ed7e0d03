import type { InvocationContext } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { advanceCampaignHandler, advanceUpgradeHandler } from "../../../functions/upgrades.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { createWorld } from "./support.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";

// The handlers read nothing else of it.
const context = (deliveryCount: number) => ({ triggerMetadata: { deliveryCount } }) as unknown as InvocationContext;

async function failingWith(error: Error) {
  const { bus, deps } = await createWorld();
  const fail = async () => {
    throw error;
  };
  return {
    bus,
    upgrade: advanceUpgradeHandler({ advanceUpgrade: fail }, deps),
    campaign: advanceCampaignHandler({ advanceCampaign: fail }, deps),
  };
}

const wake = { campaignId: "c-1", organisationId: "org-000", poll: false };

describe("a message that fails for the moment", () => {
  test("is repeated later, at every delivery, when an organisation may wait offline for it", async () => {
    const { bus, upgrade } = await failingWith(new TransientFailure("503"));
    await upgrade(wake, context(1));
    await upgrade(wake, context(2));
    // Within the same five seconds they are one.
    expect(bus.all(UPGRADE_QUEUE).map(({ body }) => body)).toEqual([{ ...wake, poll: true }]);
  });

  test("is repeated once for a campaign: a repetition by each delivery would multiply, and the reconciler comes anyway", async () => {
    const { bus, campaign } = await failingWith(new TransientFailure("503"));
    await campaign({ campaignId: "c-1" }, context(2));
    expect(bus.all(CAMPAIGN_QUEUE)).toEqual([]);
    await campaign({ campaignId: "c-1" }, context(1));
    expect(bus.all(CAMPAIGN_QUEUE)).toHaveLength(1);
  });
});

test.each([1, 2])("one that fails for good goes to the dead letters, at delivery %d as well", async (delivery) => {
  const { bus, upgrade, campaign } = await failingWith(new PermanentFailure("no such table"));
  await expect(upgrade(wake, context(delivery))).rejects.toThrow("no such table");
  await expect(campaign({ campaignId: "c-1" }, context(delivery))).rejects.toThrow("no such table");
  await expect(campaign({ nonsense: true }, context(delivery))).rejects.toThrow();
  expect([...bus.all(UPGRADE_QUEUE), ...bus.all(CAMPAIGN_QUEUE)]).toEqual([]);
});
