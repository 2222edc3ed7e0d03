// What the API, its CSV and the customer's calendar show of campaigns and upgrades: everything, and nothing that is not there.

import { describe, expect, test } from "vitest";
import { chooseOrganisations } from "../../../shared/organisations/choose-organisations.ts";
import {
  PROGRESS_COLUMNS,
  progressRows,
  viewCampaign,
  viewPlan,
  viewPreview,
  viewProgress,
} from "../../../shared/upgrades/campaigns/campaign-view.ts";
import type { CampaignState } from "../../../shared/upgrades/core/campaign.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { appointmentsOf } from "../../../shared/upgrades/dates/appointments-of.ts";
import { viewQuarantine } from "../../../shared/upgrades/quarantines/quarantine-view.ts";
import {
  UPGRADE_COLUMNS,
  viewPreviewedNotices,
  viewUpgrade,
  viewUpgradeWithHistory,
} from "../../../shared/upgrades/upgrade/upgrade-view.ts";
import { aCampaign, anUpgrade, aRing, BERLIN_NIGHT, HOUR, NOON, someCounts } from "../../support/upgrades.ts";
import { anOrganisation } from "./support.ts";

/** So many hours after noon. */
const at = (hours: number): string => new Date(NOON + hours * HOUR).toISOString();
const night = {
  wallStart: "2027-01-09T22:00",
  zone: "Europe/Berlin",
  start: "2027-01-09T21:00:00.000Z",
  end: "2027-01-10T03:00:00.000Z",
  revision: 0,
  noticeBy: "2026-12-12T21:00:00.000Z",
};
const upgrade = anUpgrade({
  appointment: BERLIN_NIGHT,
  state: "rolledBack",
  fromVersion: "7.12.0.5",
  failure: "no disk",
  deadline: NOON + HOUR,
  turnBackAt: NOON + 2 * HOUR,
  backOnlineBy: NOON + 3 * HOUR,
  offlineFrom: NOON,
  onlineAgainAt: NOON + HOUR + 1499,
});
const bare = {
  campaignId: "c-1",
  organisationId: "alpine-foods",
  stamp: "eu-1",
  ring: "broad",
  state: "scheduled",
  targetVersion: "7.13.0.1",
  enteredAt: at(0),
};
const full = {
  ...bare,
  state: "rolledBack",
  appointment: night,
  fromVersion: "7.12.0.5",
  failure: "no disk",
  deadline: at(1),
  turnBackAt: at(2),
  backOnlineBy: at(3),
  offlineFrom: at(0),
  onlineAgainAt: "2026-11-24T13:00:01.499Z",
  offlineSeconds: 3601,
};

describe("an upgrade", () => {
  test("shows what is known of it, and no more", () => {
    expect(viewUpgrade(upgrade)).toEqual(full);
    expect(viewUpgrade(anUpgrade())).toEqual(bare);
    const move = { sequence: 1, from: "scheduled", to: "skipped", by: "x", reason: "y" } as const;
    const history = [{ ...move, organisationId: "alpine-foods", at: NOON }];
    expect(viewUpgradeWithHistory(anUpgrade(), history)).toEqual({ ...bare, history: [{ ...move, at: at(0) }] });
  });

  test("is a row of CSV", () => {
    const rowOf = (one: Upgrade) => Object.fromEntries(UPGRADE_COLUMNS.map(({ name, cell }) => [name, cell(one)]));
    const { campaignId: _, appointment, deadline: _d, turnBackAt: _t, backOnlineBy: _b, enteredAt: _e, ...row } = full;
    expect(rowOf(upgrade)).toEqual({ ...row, start: appointment.start });
    expect(rowOf(anUpgrade())).toMatchObject({ start: undefined, offlineFrom: undefined, offlineSeconds: undefined });
  });

  test("shows when its mails are sent, where that is known", () => {
    const known = { kind: "change", sentFrom: NOON, acceptedBy: NOON + HOUR } as const;
    const notices = [known, { kind: "completion" }] as const;
    const seen = [{ kind: "change", sentFrom: at(0), acceptedBy: at(1) }, { kind: "completion" }];
    expect(viewPreviewedNotices(notices)).toEqual(seen);
    const effect = "skipped" as const;
    const shown = { organisationId: "alpine-foods", ring: "broad", effect };
    expect(
      viewPreview([
        { upgrade, effect, notices },
        { upgrade: anUpgrade(), effect, notices: [] },
      ]),
    ).toEqual([
      { ...shown, state: "rolledBack", start: night.start, notices: seen },
      { ...shown, state: "scheduled", notices: [] },
    ]);
  });
});

describe("a campaign", () => {
  const rings = [aRing("canary", { soakMs: 2 * HOUR, failureBudget: 1 }), aRing("broad")];
  const campaign = aCampaign({ rings, approvals: [{ by: "tool:operator-b", at: NOON }] });
  const seenRings = [
    { ring: "canary", soakHours: 2, failureBudget: 1, plannedFrom: at(0), isOpen: true },
    { ring: "broad", soakHours: 0, failureBudget: 100, plannedFrom: at(0), isOpen: false },
  ];
  const seen = {
    campaignId: "c-1",
    kind: "hotfix",
    version: "7.13.0.1",
    state: "draft",
    organisationCount: 1,
    maxInFlight: 2,
    failureBudget: 100,
    stampFailureBudget: 100,
    rings: seenRings,
    createdBy: "tool:operator-a",
    createdAt: at(0),
    approvers: ["tool:operator-b", "tool:operator-c"],
    approvals: [{ by: "tool:operator-b", at: at(0) }],
  };

  test("shows what is known of it, and no more", () => {
    expect(viewCampaign(campaign)).toEqual(seen);
    const told = { pausedBecause: "no", reason: { de: "ja", en: "yes" } };
    const times = { firstStart: NOON, startedAt: NOON + HOUR, endedAt: NOON + 2 * HOUR };
    expect(viewCampaign({ ...campaign, ...told, ...times })).toEqual({
      ...seen,
      ...told,
      firstStart: at(0),
      startedAt: at(1),
      endedAt: at(2),
    });
  });

  const counts = someCounts({ waiting: 3, postponed: 2, underWay: 1 });
  const seenCounts = { scheduled: 5, underWay: 1, needsHuman: 0, succeeded: 0, rolledBack: 0, skipped: 0 };
  const eta = { low: NOON, median: NOON + HOUR, high: NOON + 2 * HOUR, basedOn: 7, missTheirWindow: 4 };
  const progress = { counts, rings: [{ ring: "broad", counts: someCounts({ waiting: 1 }) }], active: [upgrade], eta };

  test("and its progress", () => {
    const ofBroad = { ...seenCounts, scheduled: 1, underWay: 0 };
    const shown = {
      ...seen,
      counts: seenCounts,
      rings: [
        { ...seenRings[0], counts: seenCounts },
        { ...seenRings[1], counts: ofBroad },
      ],
      active: [{ organisationId: "alpine-foods", ring: "broad", state: "rolledBack", since: at(0) }],
    };
    const { eta: _, ...ended } = progress;
    expect(viewProgress(campaign, ended)).toEqual(shown);
    expect(viewProgress(campaign, progress)).toEqual({
      ...shown,
      estimatedEnd: { low: at(0), median: at(1), high: at(2), basedOn: 7, missTheirWindow: 4 },
    });
    const rows = progressRows(progress).map((row) => PROGRESS_COLUMNS.map(({ cell }) => cell(row)));
    expect([PROGRESS_COLUMNS.map(({ name }) => name), ...rows]).toEqual([
      ["scope", "ring", ...Object.keys(seenCounts), "estimatedEnd.low", "estimatedEnd.median", "estimatedEnd.high"],
      ["campaign", undefined, ...Object.values(seenCounts), at(0), at(1), at(2)],
      ["ring", "broad", ...Object.values(ofBroad), undefined, undefined, undefined],
    ]);
  });

  test("as a plan", () => {
    const planned = { ring: "canary", stamp: "eu-1" };
    const expected = { from: NOON, expected: NOON, until: NOON + HOUR };
    const upgrades = [
      { ...planned, organisation: anOrganisation("a"), appointment: BERLIN_NIGHT },
      { ...planned, organisation: anOrganisation("b", { contacts: [] }), expected },
    ];
    const leftOut = [{ organisationId: "c", reason: "no" }];
    const plan = { rings, failureBudget: 5, stampFailureBudget: 6, upgrades, leftOut };
    const shown = {
      dryRun: true,
      failureBudget: 5,
      stampFailureBudget: 6,
      rings: seenRings.map(({ isOpen: _, ...ring }, index) => ({ ...ring, organisations: index === 0 ? 2 : 0 })),
      organisations: [
        { organisationId: "a", ring: "canary", hasContact: true, appointment: night },
        { organisationId: "b", ring: "canary", hasContact: false, expected: { from: at(0), until: at(1) } },
      ],
      leftOut,
    };
    expect(viewPlan(plan)).toEqual(shown);
    const announcing = { lastSentAt: NOON };
    const notices = { count: 2, lastAcceptedAt: at(0), late: 0 };
    expect(viewPlan({ ...plan, announcing })).toEqual({ ...shown, notices });
    expect(viewPlan({ ...plan, announcing: { ...announcing, approveBy: NOON + HOUR, late: 3 } })).toEqual({
      ...shown,
      notices: { ...notices, approveBy: at(1), late: 3 },
    });
  });
});

test("a quarantine", () => {
  const quarantine = {
    version: "7.13.0.1",
    campaignId: "c-1",
    reason: "no",
    since: NOON,
    lifts: [{ by: "a", at: NOON }],
  };
  const seen = { ...quarantine, since: at(0), lifts: [{ by: "a", at: at(0) }] };
  const failures = { broad: 2 };
  expect(viewQuarantine({ ...quarantine, failures })).toEqual(seen);
  expect(viewQuarantine({ ...quarantine, failures, liftedAt: NOON + HOUR })).toEqual({ ...seen, liftedAt: at(1) });
});

describe("the calendar of an organisation", () => {
  const feed = (state: CampaignState, stored: Upgrade | undefined, isKnown = true) =>
    appointmentsOf(
      {
        store: {
          listCampaigns: async () => ({ items: [{ campaign: aCampaign({ state }), etag: "1" }], cursor: undefined }),
          readUpgrade: async () => (stored === undefined ? undefined : { upgrade: stored, etag: "1" }),
        },
        organisationOf: async (id) => (isKnown ? anOrganisation(id) : undefined),
      },
      "alpine-foods",
    );
  const { start, end, zone: timeZone } = BERLIN_NIGHT;
  const appointment = { organisationName: "alpine-foods", timeZone, start, end, version: "7.13.0.1" };
  const confirmed = { campaignId: "c-1", sequence: 0, status: "confirmed", appointment };

  test.each([
    ["an appointment", "running", upgrade, [confirmed]],
    [
      "one that is left out",
      "running",
      { ...upgrade, state: "skipped" },
      [{ ...confirmed, sequence: 1, status: "cancelled" }],
    ],
    ["a hotfix without a date", "running", anUpgrade(), []],
    ["a campaign without it", "running", undefined, []],
    ["a campaign that nobody was told of", "approved", upgrade, []],
  ] as const)("%s", async (_, state, stored, expected) => {
    expect(await feed(state, stored)).toEqual(expected);
    expect(await feed(state, stored, false)).toEqual([]);
  });
});

test("organisations are chosen once each, in order; what is unknown or cannot be read is named", async () => {
  const store = {
    async *all(unreadable?: (organisationId: string) => void) {
      unreadable?.("broken");
      yield anOrganisation("b");
      yield anOrganisation("a");
    },
  };
  const chosen = async (wanted: "all" | readonly string[]) => {
    const { organisations, ...others } = await chooseOrganisations(store, wanted);
    return { ids: organisations.map(({ organisationId }) => organisationId), ...others };
  };
  expect(await chosen("all")).toEqual({ ids: ["a", "b"], unknown: [], unreadable: ["broken"] });
  expect(await chosen(["x", "broken", "b", "b"])).toEqual({ ids: ["b"], unknown: ["x"], unreadable: ["broken"] });
});
