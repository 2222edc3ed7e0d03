// Who hears what of a move: the customer never that all is well when it is not, support what needs a person, other systems
// what they subscribe to.

import { describe, expect, test } from "vitest";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { wellnessOf } from "../../../shared/upgrades/core/health.ts";
import type { HistoryEntry, Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import * as incidentsOf from "../../../shared/upgrades/upgrade/incidents-of.ts";
import { notifyCampaign, notifyMove, type NotifyDeps } from "../../../shared/upgrades/upgrade/notify.ts";
import type { WebhookEvent } from "../../../shared/webhooks/core/event.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, HOUR, NOON } from "../../support/upgrades.ts";
import { anOrganisation } from "./support.ts";

function someone() {
  const events: WebhookEvent[] = [];
  const incidents: NewIncident[] = [];
  const notices: NewNotice[] = [];
  const withdrawn: number[] = [];
  const cancelled: NewNotice[] = [];
  const checks: unknown[] = [];
  const deps: NotifyDeps = {
    clock: { now: () => NOON },
    organisationOf: async (id) => (id === "left" ? undefined : anOrganisation(id)),
    requestNotices: async (asked) => void notices.push(...asked),
    withdrawNotices: async ({ sequence }) => void withdrawn.push(sequence),
    cancelAppointment: async (one) => void cancelled.push(one),
    raiseIncident: async (incident) => void incidents.push(incident),
    publish: async (event) => void events.push(event),
    requestCheck: async (...asked) => void checks.push(asked),
  };
  return { deps, events, incidents, notices, withdrawn, cancelled, checks };
}

/** Offline from noon for an hour, at its appointment. */
const past = { appointment: BERLIN_NIGHT, offlineFrom: NOON, onlineAgainAt: NOON + HOUR } as const;

async function heard(
  move: Pick<HistoryEntry, "from" | "to"> & Partial<HistoryEntry>,
  upgrade: Partial<Upgrade> = past,
  campaign: Partial<Campaign> = {},
) {
  const { deps, ...all } = someone();
  const entry = { organisationId: "alpine-foods", sequence: 7, at: NOON + 1, by: "worker:upgrades", ...move };
  await notifyMove(deps, { entry, upgrade: anUpgrade(upgrade) }, aCampaign(campaign));
  return {
    events: all.events.map(({ type }) => type),
    incidents: all.incidents.map(({ kind, severity, incidentId }) => `${severity} ${kind} ${incidentId}`),
    notices: all.notices.map(({ kind }) => kind),
    withdrawn: all.withdrawn,
    cancelled: all.cancelled.map(({ kind, appointment }) => [kind, appointment.because]),
    checks: all.checks,
  };
}

const NOBODY = { events: [], incidents: [], notices: [], withdrawn: [], cancelled: [], checks: [] };
const ID = "upgrade:c-1:alpine-foods:7";
const failed = { at: NOON, outcome: "failed", failure: "search: nothing found" } as const;
const wellness = wellnessOf([failed, failed], NOON, 60_000);
const ill = wellness.kind === "ill" ? wellness.reason : "";

describe("a move of an upgrade", () => {
  test.each([
    ["upgrading", "verifying", {}],
    ["goingOffline", "creatingRestorePoint", {}],
    ["restoring", "verifyingPrevious", {}],
    ["scheduled", "goingOffline", { events: ["upgrade.started"] }],
    ["verifying", "restoring", { events: ["upgrade.rollingBack"], incidents: [`1 upgradeRollingBack ${ID}`] }],
    ["restoring", "needsHuman", { events: ["upgrade.needsHuman"], incidents: [`0 upgradeNeedsHuman ${ID}`] }],
    ["goingOnlinePrevious", "rolledBack", { events: ["upgrade.rolledBack"], notices: ["rollBack"], withdrawn: [1] }],
    [
      "goingOnline",
      "succeeded",
      {
        events: ["upgrade.succeeded"],
        notices: ["completion"],
        withdrawn: [1],
        checks: [["alpine-foods", NOON + HOUR]],
      },
    ],
  ] as const)("from %s to %s", async (from, to, expected) => {
    expect(await heard({ from, to })).toEqual({ ...NOBODY, ...expected });
  });

  test("to another date has the mails of the earlier revision withdrawn, and those of this one asked for", async () => {
    const appointment = { ...BERLIN_NIGHT, revision: 2 };
    const { notices, withdrawn, events } = await heard({ from: "scheduled", to: "scheduled" }, { appointment });
    expect({ withdrawn, events, first: notices[0] }).toEqual({
      withdrawn: [2],
      events: ["upgrade.scheduled"],
      first: "change",
    });
  });

  test("that ends well without having been offline is told to no customer, and asks for no check", async () => {
    const { events, ...others } = await heard({ from: "goingOnline", to: "succeeded" }, {});
    expect({ ...others, events: [] }).toEqual(NOBODY);
  });

  test("that brought it online despite a failure is for support too", async () => {
    const { incidents } = await heard(
      { from: "goingOnlinePrevious", to: "rolledBack" },
      { ...past, onlineDespite: "logOff failed" },
    );
    expect(incidents).toEqual([`2 upgradeOnlineDespite ${ID}:despite`]);
  });

  test.each([
    ["its own check failed", { reason: ill, cause: "ill" }, {}, [`2 organisationIll ${ID}`], "functionalCheckFailed"],
    ["another reason", { reason: "it has the version" }, {}, [`3 upgradeSkipped ${ID}`], undefined],
    ["an operator's own words", { reason: ill, by: "user:eva" }, {}, [], undefined],
    ["an aborted campaign", { reason: "aborted" }, { state: "aborted" }, [], undefined],
  ] as const)("that leaves it out: %s", async (_, why, campaign, incidents, because) => {
    const move = { from: "scheduled", to: "skipped", ...why } as const;
    expect(await heard(move, { appointment: BERLIN_NIGHT }, campaign)).toEqual({
      ...NOBODY,
      events: ["upgrade.skipped"],
      incidents,
      cancelled: [["cancellation", because]],
    });
  });

  test("of one who is no customer any more is told to others all the same, and what cannot be told keeps nobody from it", async () => {
    expect(await heard({ from: "goingOnline", to: "succeeded" }, { ...past, organisationId: "left" })).toMatchObject({
      events: ["upgrade.succeeded"],
      notices: [],
    });
    const { deps, events, notices } = someone();
    const entry = { organisationId: "a", sequence: 7, at: NOON, by: "b", from: "verifying", to: "restoring" } as const;
    const broken = { ...deps, raiseIncident: () => Promise.reject(new RangeError("503")) };
    const upgrade = anUpgrade({ appointment: BERLIN_NIGHT });
    await expect(notifyMove(broken, { entry, upgrade }, aCampaign())).rejects.toThrow("503");
    expect({ events, notices }).toEqual({
      notices: [],
      events: [
        {
          eventId: "c-1:alpine-foods:7",
          type: "upgrade.rollingBack",
          at: NOON,
          data: {
            campaignId: "c-1",
            organisationId: "alpine-foods",
            version: "7.13.0.1",
            state: "restoring",
            start: "2027-01-09T21:00:00.000Z",
          },
        },
      ],
    });
  });
});

test.each([
  ["draft", undefined, []],
  ["announcing", "campaign.announcing", []],
  ["running", "campaign.started", []],
  ["paused", "campaign.paused", ["campaign-paused:c-1:4"]],
  ["completed", "campaign.completed", []],
  ["aborted", "campaign.aborted", []],
] as const)("a campaign that is %s", async (state, type, ids) => {
  const { deps, events, incidents } = someone();
  await notifyCampaign(deps, aCampaign({ state, sequence: 4, pausedBecause: "the budget is used up" }));
  const data = { campaignId: "c-1", version: "7.13.0.1", state };
  expect(events).toEqual(type === undefined ? [] : [{ eventId: "c-1:4", type, at: NOON, data }]);
  expect(incidents.map(({ incidentId }) => incidentId)).toEqual(ids);
  for (const { severity, kind, title, subject } of incidents)
    expect({ severity, kind, title, subject }).toEqual({
      severity: 1,
      kind: "campaignPaused",
      title: "Campaign c-1 has paused itself",
      subject: { campaignId: "c-1", version: "7.13.0.1" },
    });
  await notifyCampaign(deps, aCampaign({ state: "paused" }));
  expect(incidents).toHaveLength(ids.length);
});

test("the same trouble has the same id, and how loud it is", () => {
  const upgrade = anUpgrade({ sequence: 3 });
  const all = [
    incidentsOf.overdue(upgrade, NOON),
    incidentsOf.stuck(upgrade, "."),
    incidentsOf.broken(upgrade, new Error("no"), true),
    incidentsOf.healthUnknown(upgrade, NOON),
    incidentsOf.notNotified(upgrade, 2, "A move", new Error("no")),
  ];
  expect(all.map(({ kind, severity, incidentId }) => [kind, severity, incidentId])).toEqual([
    ["organisationOfflineTooLong", 0, "overdue:c-1:alpine-foods"],
    ["upgradeStuck", 0, "upgrade:c-1:alpine-foods:3:stuck"],
    ["upgradeStepBroken", 0, "upgrade:c-1:alpine-foods:3:broken"],
    ["upgradeHealthUnknown", 2, "health-unknown:c-1:alpine-foods"],
    ["upgradeNotTold", 2, "upgrade:c-1:alpine-foods:2:not-told"],
  ]);
  for (const { subject } of all)
    expect(subject).toEqual({ campaignId: "c-1", organisationId: "alpine-foods", version: "7.13.0.1" });
});
