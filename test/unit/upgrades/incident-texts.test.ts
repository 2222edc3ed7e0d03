// What support reads in the night is true, in plain words, and says what to do.

import { describe, expect, test } from "vitest";
import { composeIncidentMail } from "../../../shared/incidents/compose-mail.ts";
import { freshIncident, type NewIncident } from "../../../shared/incidents/core/incident.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { UPGRADE_STATES } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { broken, needsHuman, overdue, rollingBack, stuck } from "../../../shared/upgrades/upgrade/incidents-of.ts";
import { isNow, lasting, sentence, stepName, utc } from "../../../shared/upgrades/upgrade/phrases.ts";
import { notifyCampaign } from "../../../shared/upgrades/upgrade/notify.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, HOUR, MINUTE, NOON, POLICY } from "../../support/upgrades.ts";

const offline: Partial<Upgrade> = {
  state: "restoring",
  enteredAt: NOON,
  offlineFrom: NOON - HOUR,
  deadline: NOON + HOUR,
  fromVersion: "7.12.0.5",
  restorePointId: "rp-1",
};

describe("an organisation that is offline past what its customer was told", () => {
  /** What was raised at that time. */
  async function raisedAt(now: number, upgrade: Upgrade): Promise<readonly NewIncident[]> {
    const raised: NewIncident[] = [];
    const campaign = aCampaign({ state: "running" });
    await reconcile({
      store: {
        listCampaigns: async () => ({ items: [{ campaign, etag: "1" }], cursor: undefined }),
        activeUpgrades: async () => [{ upgrade, etag: "1" }],
      },
      bus: { send: async () => {}, close: async () => {} },
      clock: { now: () => now },
      policy: POLICY,
      tickMs: 5000,
      raiseIncident: async (incident) => void raised.push(incident),
      log: memoryLog(),
    });
    return raised.filter(({ kind }) => kind === "organisationOfflineTooLong");
  }
  const { appointment: _, ...undated } = anUpgrade({ ...offline, deadline: NOON + 9 * HOUR });
  const hotfix: Upgrade = { ...undated, announcedEnd: NOON + HOUR, backOnlineBy: NOON + 3 * HOUR };

  test("is told when the time of a hotfix's mail has passed, and the incident quotes that time", async () => {
    expect(await raisedAt(NOON + HOUR, hotfix)).toEqual([]);
    const [incident] = await raisedAt(NOON + HOUR + 1, hotfix);
    expect(incident?.severity).toBe(0);
    for (const part of [
      `offline since ${utc(NOON - HOUR)}`,
      `the customer was told that it would be online again by ${utc(NOON + HOUR)}`,
      "has not been told of the delay",
      "Call the customer",
      "{base}/campaigns/",
      "docs/runbooks/organisation-offline-too-long.md",
    ])
      expect(incident?.detail.toLowerCase()).toContain(part.toLowerCase());
    expect(incident?.detail).not.toContain(utc(NOON + 3 * HOUR));
  });

  test.each([
    {
      what: "the longest time is over before the told one",
      upgrade: { ...hotfix, backOnlineBy: NOON + MINUTE },
      from: NOON + MINUTE,
    },
    {
      what: "an announced upgrade: its appointment ends",
      upgrade: { ...undated, appointment: { ...BERLIN_NIGHT, end: NOON + 2 * HOUR }, backOnlineBy: NOON + 3 * HOUR },
      from: NOON + 2 * HOUR,
    },
    {
      what: "a hotfix that went offline after the told time: the longest time",
      upgrade: { ...hotfix, announcedEnd: NOON - 2 * HOUR },
      from: NOON + 3 * HOUR,
    },
  ])("$what", async ({ upgrade, from }) => {
    expect(await raisedAt(from, upgrade)).toEqual([]);
    expect(await raisedAt(from + 1, upgrade)).toHaveLength(1);
  });
});

describe("a campaign that has paused itself", () => {
  async function raisedBecause(pausedBecause: string) {
    const raised: NewIncident[] = [];
    const none = async () => {};
    await notifyCampaign(
      {
        clock: { now: () => NOON },
        organisationOf: async () => undefined,
        requestNotices: none,
        withdrawNotices: none,
        cancelAppointment: none,
        raiseIncident: async (incident) => void raised.push(incident),
        publish: none,
        requestCheck: none,
      },
      aCampaign({ state: "paused", version: "7.13.0.1", pausedBecause }),
    );
    return raised[0];
  }

  test("by a quarantine is told with the lift before the resume", async () => {
    const incident = await raisedBecause("version 7.13.0.1 is quarantined: 2 of 3 upgrades of ring all failed");
    expect(incident?.kind).toBe("campaignPaused");
    expect(incident?.title).toContain("quarantined");
    expect(incident?.detail).toMatch(
      /two different operators.*POST \{base\}\/quarantines\/7\.13\.0\.1\/lift.*POST \{base\}\/campaigns\/[^/]+\/resume/u,
    );
  });

  test("by its budget is told without one", async () => {
    const incident = await raisedBecause("the failure budget of 1 is used up");
    expect(incident?.detail).not.toContain("quarantine");
    expect(incident?.detail).toMatch(/POST \{base\}\/campaigns\/[^/]+\/resume/u);
  });
});

describe("an upgrade in trouble", () => {
  const upgrade = anUpgrade(offline);
  const path = `{base}/campaigns/${upgrade.campaignId}/organisations/${upgrade.organisationId}`;

  test("shows no state name, no milliseconds and no doubled full stop, in any state", () => {
    for (const state of UPGRADE_STATES) {
      const present = anUpgrade({ ...offline, state });
      const details = [
        stuck(present, sentence("GET /x was not answered within 15000 ms..")),
        broken(present, new Error("The row was refused."), true),
        overdue(present, NOON),
        needsHuman(present, 3, "no disk."),
        rollingBack(present, 3, "no disk."),
      ].map(({ detail }) => detail);
      for (const detail of details) {
        expect(detail).not.toMatch(/\.\.(?!\.)|\.\d{3}Z/u);
        if (/[A-Z]/u.test(state)) expect(detail).not.toContain(state);
      }
    }
  });

  test("needs a human: the whole call, the version, and that the customer does not know", () => {
    const detailOf = (changes: Partial<Upgrade>, reason = "no disk") =>
      needsHuman(anUpgrade({ ...offline, ...changes }), 3, reason);
    const { detail } = detailOf({});
    for (const part of [`POST ${path}/retry`, "7.12.0.5", upgrade.targetVersion, "customer has not been told"])
      expect(detail).toContain(part);
    expect(detailOf({ isVerified: false }).detail).toContain("should be on its previous version 7.12.0.5");
    const online = detailOf({}, "the organisation is online on a version that was not verified");
    expect(online.title).not.toContain("offline");
  });

  test("is being rolled back, which is not done yet", () => {
    const { title, detail } = rollingBack(upgrade, 3, "no disk");
    expect(title).toContain("is being brought back");
    for (const part of ["7.12.0.5", `are offline meanwhile, since ${utc(NOON - HOUR)}`, "Nothing needs to be done"])
      expect(detail).toContain(part);
  });

  test("is mailed with the address of the API", () => {
    const incident = freshIncident(needsHuman(upgrade, 3, "no disk"), NOON);
    const mail = composeIncidentMail(incident, {
      supportAddress: "s@example.com",
      baseUrl: "https://ops.example/api/",
    });
    const url = `https://ops.example/api/campaigns/${upgrade.campaignId}/organisations/${upgrade.organisationId}/retry`;
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain(`POST ${url}`);
      expect(body).not.toContain("{base}");
    }
  });
});

test("short times are in seconds, states in words", () => {
  expect([lasting(6000), lasting(119_000), lasting(120_000), lasting(HOUR)]).toEqual([
    "6 seconds",
    "119 seconds",
    "2 minutes",
    "60 minutes",
  ]);
  expect([isNow("goingOnline"), stepName("goingOnline")]).toEqual(["is being brought online", "bringing it online"]);
});
