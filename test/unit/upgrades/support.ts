// The use cases of campaigns over ports in memory.

import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import type { Actor } from "../../../shared/kernel/actor.ts";
import type { Result } from "../../../shared/kernel/result.ts";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import { latestAnnounceable } from "../../../shared/notices/core/pacing.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { type Tables, allRows } from "../../../shared/platform/tables/tables.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import type { AcceptedNotice } from "../../../shared/upgrades/core/appointment.ts";
import { campaignSchema, type Campaign } from "../../../shared/upgrades/core/campaign.ts";
import type { Need } from "../../../shared/upgrades/core/due.ts";
import type { Finished } from "../../../shared/upgrades/core/estimates.ts";
import type { Verdict } from "../../../shared/upgrades/core/gate.ts";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import type { OutboxEntry } from "../../../shared/upgrades/core/outbox.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { createCampaign, type NewCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { quarantineStore } from "../../../shared/upgrades/quarantines/quarantine-store.ts";
import { commandCampaign } from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { upgradeStore, type UpgradeStore } from "../../../shared/upgrades/store/store.ts";
import { changeBy } from "../../../shared/upgrades/store/store-writes.ts";
import { DAY, HOUR, NOON, POLICY } from "../../support/upgrades.ts";
import type { OrganisationStore } from "../../../shared/organisations/store.ts";
import { stillRegistered } from "../../../shared/upgrades/upgrade/still-registered.ts";
import { claimsAhead } from "../../../shared/upgrades/store/claims.ts";
import { CAMPAIGN_QUEUE } from "../../../shared/upgrades/resources.ts";
import { QUEUES, TABLES } from "../../../shared/capabilities.ts";

export const OLD = "7.12.1.100";
export const NEW = "7.13.0.1";
export const AUTHOR: Actor = { kind: "tool", clientId: "operator-a" };
export const APPROVER: Actor = { kind: "tool", clientId: "operator-b" };
export const SECOND_APPROVER: Actor = { kind: "person", userId: "u-3" };

export const anOrganisation = (organisationId: string, changes: Partial<Organisation> = {}): Organisation => ({
  organisationId,
  name: organisationId,
  stamp: "eu-1",
  ring: "broad",
  timeZone: "Europe/Berlin",
  maintenanceWindow: { kind: "weekly", weekdays: ["saturday"], start: "22:00", durationMinutes: 360 },
  language: "de",
  contacts: ["it@example.com"],
  platformUrl: "https://x.example",
  ...changes,
});

/** So many organisations with ids in ascending order: the first is canary, the second early, the others broad. */
export const someOrganisations = (count: number): readonly Organisation[] =>
  Array.from({ length: count }, (_, index) =>
    anOrganisation(`org-${String(index).padStart(3, "0")}`, {
      ring: index === 0 ? "canary" : index === 1 ? "early" : "broad",
    }),
  );

const ONE_HOUR: Need = { upgradeMs: HOUR, rollBackMs: HOUR };

export async function createWorld(organisations: readonly Organisation[] = someOrganisations(3)) {
  const time = { now: NOON };
  const clock = { now: () => time.now };
  const log = memoryLog();
  const tables = memoryTables(...TABLES.map(({ name }) => name));
  const bus = memoryBus({ clock, queues: QUEUES });
  const registry = new Map(organisations.map((one) => [one.organisationId, one]));
  const versions = new Map(organisations.map((one) => [one.organisationId, OLD]));
  const notified: OutboxEntry[] = [];
  const toldCampaigns: Campaign[] = [];
  const notices: NewNotice[] = [];
  const incidents: NewIncident[] = [];
  const learned: Finished[] = [];
  /** What surrounds the use cases; a test changes it. */
  const around = {
    freezes: new Array<Freeze>(),
    need: ONE_HOUR,
    quota: { perMinute: 30, perHour: 100 },
    verdicts: new Array<Verdict>(),
    /** By organisation; whoever is not named was told everything at once. */
    accepted: new Map<string, readonly AcceptedNotice[]>(),
  };
  const deps = {
    store: checkedStore(upgradeStore(tables)),
    quarantines: quarantineStore(tables),
    quarantineRule: { percent: 50, atLeast: 2 },
    tables,
    bus,
    clock,
    log,
    policy: POLICY,
    tickMs: 5000,
    gateLimitMs: HOUR,
    noticeWaitMs: 0,
    organisationOf: async (organisationId: string) => registry.get(organisationId),
    freezes: async () => around.freezes,
    need: async () => around.need,
    versionOf: async (organisationId: string) => versions.get(organisationId) ?? OLD,
    planAnnouncement: async (deadlines: readonly number[]) =>
      latestAnnounceable({ quota: around.quota, sent: [], now: time.now }, deadlines),
    requestNotices: async (asked: readonly NewNotice[]) => void notices.push(...asked),
    registry: registryOf(registry),
    preflight: () =>
      stillRegistered({
        organisationOf: async (organisationId) => registry.get(organisationId),
        claimOf: claimsAhead(tables, clock),
      }),
    acceptedNotices: async ({ organisationId, appointment }: Upgrade): Promise<readonly AcceptedNotice[]> =>
      around.accepted.get(organisationId) ??
      Array.from({ length: (appointment?.revision ?? 0) + 1 }, (_, sequence) => ({ sequence, acceptedAt: NOON })),
    verdicts: async () => around.verdicts,
    learn: async (finished: readonly Finished[]) => void learned.push(...finished),
    raiseIncident: async (incident: NewIncident) => void incidents.push(incident),
    notify: async (one: OutboxEntry) => void notified.push(one),
    notifyCampaign: async (campaign: Campaign) => void toldCampaigns.push(campaign),
  };
  return {
    time,
    around,
    tables,
    bus,
    log,
    registry,
    versions,
    notified,
    toldCampaigns,
    notices,
    incidents,
    learned,
    deps,
    store: deps.store,
  };
}

function registryOf(
  registry: Map<string, Organisation>,
): Pick<OrganisationStore, "ahead" | "all" | "read" | "replace"> {
  return {
    ahead: () => async (organisationId) => registry.get(organisationId),
    async *all() {
      yield* registry.values();
    },
    read: async (organisationId) => {
      const organisation = registry.get(organisationId);
      return organisation === undefined ? undefined : { organisation, etag: "e" };
    },
    replace: async () => ({ kind: "written", etag: "e" }),
  };
}

/** Every row of a campaign that is written can be read again: a count below zero could not. */
function checkedStore(store: UpgradeStore): UpgradeStore {
  return {
    ...store,
    commit: (stored, changes, settled) => {
      campaignSchema.parse(stored.campaign);
      return store.commit(stored, changes, settled);
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

export const aRequest = (world: World, changes: Partial<NewCampaign> = {}): NewCampaign => ({
  campaignId: "c-1",
  kind: "upgrade",
  version: NEW,
  organisations: [...world.registry.values()],
  isWholeFleet: false,
  approvers: ["tool:operator-b", "person:u-3"],
  standardSoakMs: DAY,
  maxInFlight: 10,
  failureBudget: 5,
  stampFailureBudget: 5,
  ...changes,
});

export function valueOf<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

export const makeCampaign = async (world: World, changes: Partial<NewCampaign> = {}) =>
  valueOf(await createCampaign(world.deps, aRequest(world, changes), AUTHOR));

/** Made and approved by as many as its kind needs. */
export async function approvedCampaign(world: World, changes: Partial<NewCampaign> = {}): Promise<string> {
  const { campaign } = await makeCampaign(world, changes);
  const approvers = campaign.kind === "hotfix" ? [APPROVER, SECOND_APPROVER] : [APPROVER];
  for (const approver of approvers) {
    valueOf(await commandCampaign(world.deps, campaign.campaignId, "approve", approver));
  }
  return campaign.campaignId;
}

/** Approved and announced. */
export async function announcedCampaign(world: World, changes: Partial<NewCampaign> = {}): Promise<string> {
  const campaignId = await approvedCampaign(world, changes);
  await advanceCampaign(world.deps, campaignId, false);
  return campaignId;
}

/** A world whose only campaign has come as far as that step; it is of all organisations. */
export async function worldWith(
  step: (world: World, changes: Partial<NewCampaign>) => Promise<unknown>,
  changes: Partial<NewCampaign> = {},
): Promise<World> {
  const world = await createWorld(changes.organisations);
  await step(world, changes);
  return world;
}

export async function campaignOf(world: World, campaignId = "c-1"): Promise<Campaign> {
  const stored = await world.store.readCampaign(campaignId);
  if (stored === undefined) throw new Error(`There is no campaign ${campaignId}.`);
  return stored.campaign;
}

export async function upgradeOf(world: World, organisationId: string, campaignId = "c-1"): Promise<Upgrade> {
  const stored = await world.store.readUpgrade(campaignId, organisationId);
  if (stored === undefined) throw new Error(`${organisationId} is not in campaign ${campaignId}.`);
  return stored.upgrade;
}

/** An upgrade takes these steps now. */
export async function take(world: World, organisationId: string, events: readonly UpgradeEvent[], campaignId = "c-1") {
  for (const event of events) {
    const stored = await world.store.readUpgrade(campaignId, organisationId);
    if (stored === undefined) throw new Error(`${organisationId} is not in campaign ${campaignId}.`);
    const context = { now: world.time.now, by: "worker:upgrade-steps", policy: POLICY };
    const saved = await world.store.save(changeBy(stored, valueOf(decide(stored.upgrade, event, context))));
    if (saved.kind === "conflict") throw new Error("A conflict.");
  }
}

const DONE: UpgradeEvent = { kind: "stepDone", version: NEW, restorePointId: "rp" };
export const SUCCEEDS: readonly UpgradeEvent[] = [DONE, DONE, DONE, DONE, DONE];
/** Goes offline, finds nothing to build on, and comes back. */
export const FAILS: readonly UpgradeEvent[] = [{ kind: "stepFailed", reason: "no disk" }, DONE, DONE];

/** Every row of every table, for tests that nothing was written. */
export async function everything(tables: Tables): Promise<readonly string[]> {
  const found: string[] = [];
  const partitions: Readonly<Record<string, readonly string[]>> = {
    Upgrades: ["c-1", "c-2"],
    Campaigns: ["campaigns"],
    Quarantines: ["quarantines"],
    UpgradeClaims: ["claims"],
  };
  for (const [table, keys] of Object.entries(partitions)) {
    for (const partition of keys) {
      for await (const { row, etag } of allRows(tables.table(table), { partition })) {
        found.push(`${table} ${partition} ${row} ${etag}`);
      }
    }
  }
  return found;
}

/** How many ticks are in the queue. */
export const ticks = ({ bus }: World): number => bus.all(CAMPAIGN_QUEUE).length;
