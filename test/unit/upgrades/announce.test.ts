import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { latestNotice, reminders } from "../../../shared/kernel/time/notice.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import { announceNext } from "../../../shared/upgrades/campaigns/announce.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { commandUpgrade } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { HOUR, MINUTE, NOON } from "../../support/upgrades.ts";
import {
  anOrganisation,
  approvedCampaign,
  APPROVER,
  campaignOf,
  createWorld,
  NEW,
  someOrganisations,
  upgradeOf,
  valueOf,
  worldWith,
  type World,
} from "./support.ts";

const nameOf = ({ organisationId, kind, sequence }: NewNotice): string => `${organisationId} ${kind} ${sequence}`;

/** Announces until nothing is left, and how many pages that took. */
async function announceAll(world: World, from: Campaign) {
  let campaign = from;
  let pages = 0;
  while (campaign.state === "approved") {
    campaign = (await announceNext(world.deps, campaign)).campaign;
    pages += 1;
  }
  return { campaign, pages };
}

describe("announcing", () => {
  test("asks for the notice and the reminders of everybody, page by page", async () => {
    const world = await worldWith(approvedCampaign, { organisations: someOrganisations(250) });
    const approved = await campaignOf(world);
    const first = await announceNext(world.deps, approved);
    expect(first).toMatchObject({ isMore: true, changes: [], campaign: { state: "approved", sequence: 1 } });
    expect(first.campaign.announceCursor).toBeDefined();
    expect(world.notices).toHaveLength(300);
    const { campaign, pages } = await announceAll(world, first.campaign);
    expect(pages).toBe(2);
    expect(campaign).toMatchObject({ state: "announcing", sequence: 2 });
    expect(campaign).not.toHaveProperty("announceCursor");
    expect(new Set(world.notices.map(nameOf)).size).toBe(750);
  });

  test("a page that is asked for again asks for the same", async () => {
    const world = await worldWith(approvedCampaign, { organisations: someOrganisations(120) });
    const approved = await campaignOf(world);
    const once = await announceNext(world.deps, approved);
    const asked = [...world.notices];
    expect(await announceNext(world.deps, approved)).toEqual(once);
    expect(world.notices.slice(asked.length)).toEqual(asked);
  });

  test("says what, when, until when it must be accepted, and reminds a week and a day before", async () => {
    const world = await worldWith(approvedCampaign, {
      organisations: [anOrganisation("baker", { name: "Bäcker", language: "en" })],
    });
    await announceAll(world, await campaignOf(world));
    const { appointment } = await upgradeOf(world, "baker");
    if (appointment === undefined) throw new Error("There is no date.");
    const [week, day] = reminders(appointment);
    expect(world.notices).toMatchObject([
      {
        kind: "announcement",
        sequence: 0,
        language: "en",
        recipients: ["it@example.com"],
        notBefore: NOON,
        deadline: latestNotice(appointment),
        appointment: {
          organisationName: "Bäcker",
          timeZone: "Europe/Berlin",
          start: appointment.start,
          end: appointment.end,
          version: NEW,
        },
      },
      { kind: "reminder7", sequence: 0, notBefore: week?.dueAt },
      { kind: "reminder1", sequence: 0, notBefore: day?.dueAt },
    ]);
  });

  test("leaves out whoever was skipped, and is not held up by whom it cannot announce", async () => {
    const world = await worldWith(approvedCampaign, {
      organisations: ["aa", "bb", "cc"].map((id) => anOrganisation(id)),
    });
    valueOf(await commandUpgrade(world.deps, { campaignId: "c-1", organisationId: "aa" }, "skip", APPROVER));
    world.registry.delete("bb");
    const { campaign } = await announceAll(world, await campaignOf(world));
    expect(campaign.state).toBe("announcing");
    expect(new Set(world.notices.map(({ organisationId }) => organisationId))).toEqual(new Set(["cc"]));
    const refusing = {
      ...world.deps,
      requestNotices: () => Promise.reject(new PermanentFailure("no such address")),
    };
    const approved = await campaignOf(world);
    expect((await announceNext(refusing, approved)).campaign.state).toBe("announcing");
    expect(world.log.entries.map(({ event, fields }) => [event, fields["organisationId"]])).toEqual([
      ["upgrade.notRegistered", "bb"],
      ["upgrade.notRegistered", "bb"],
      ["upgrade.notAnnounced", "cc"],
    ]);
    const busy = { ...world.deps, requestNotices: () => Promise.reject(new TransientFailure("busy")) };
    await expect(announceNext(busy, approved)).rejects.toThrow("busy");
  });

  test("of a hotfix is sent at once, says until when, and starts it", async () => {
    const world = await worldWith(approvedCampaign, { kind: "hotfix" });
    const { campaign } = await announceAll(world, await campaignOf(world));
    expect(campaign).toMatchObject({ state: "running", startedAt: NOON, sequence: 2 });
    expect(world.notices.map(({ kind }) => kind)).toEqual(["hotfix", "hotfix", "hotfix"]);
    expect(world.notices[0]).toMatchObject({
      notBefore: NOON,
      appointment: { start: NOON, end: NOON + 2 * HOUR, offlineMs: HOUR },
    });
  });

  test("of a hotfix says the turn of each organisation, and the campaign's own reason in its language", async () => {
    const world = await createWorld(
      Array.from({ length: 6 }, (_, index) => anOrganisation(`org-${index}`, { language: index === 0 ? "en" : "de" })),
    );
    world.around.need = {
      upgradeMs: HOUR,
      rollBackMs: HOUR,
      fastestMs: 10 * MINUTE,
      usualMs: 20 * MINUTE,
      averageMs: 30 * MINUTE,
    };
    const reason = { de: "Auf Deutsch.", en: "In English." };
    await approvedCampaign(world, { kind: "hotfix", maxInFlight: 2, reason });
    await announceAll(world, await campaignOf(world));
    const told = world.notices.map(({ appointment, deadline }) => ({
      from: (appointment.start - NOON) / MINUTE,
      until: (appointment.end - NOON) / MINUTE,
      by: (deadline - NOON) / MINUTE,
      offlineMs: appointment.offlineMs,
      reason: appointment.reason,
    }));
    const first = { from: 0, until: 120, by: 0, offlineMs: 20 * MINUTE, reason: "Auf Deutsch." };
    const second = { ...first, from: 10, until: 153, by: 30 };
    const third = { ...first, from: 20, until: 186, by: 60 };
    expect(told).toEqual([{ ...first, reason: "In English." }, first, second, second, third, third]);
  });

  test("of a hotfix whose version was quarantined meanwhile pauses it", async () => {
    const world = await worldWith(approvedCampaign, { kind: "hotfix" });
    const quarantine = { version: NEW, campaignId: "c-0", reason: "bad", failures: {}, since: NOON, lifts: [] };
    await world.deps.quarantines.write(quarantine);
    const { campaign } = await announceAll(world, await campaignOf(world));
    expect(campaign).toMatchObject({ state: "paused", pausedBecause: `version ${NEW} is quarantined: bad` });
  });
});
