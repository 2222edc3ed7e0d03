// What must hold after every step of every run. It watches the rows as they are committed, the control plane as it
// applies operations and the mails as they are taken, with rules of its own: it shares no code with the machine but the
// table of allowed moves.
//
// I1 an offline organisation has an upgrade that is under way (and is woken: a message, or the reconciler) or needs a human
// I2 never before the notice, never outside the announced window, never in a freeze (watch-starts.ts)
// I3 the budgets of campaign, rings and stamps, and maxInFlight (watch-budgets.ts)
// I4 an organisation has one open upgrade
// I5 an organisation comes online only on a version whose functional suite passed since that version was put there
// I6 every operation takes effect once, each kind once per upgrade (once more for each retry by an operator)
// I7 history is complete and in order: one entry per allowed move
// I8 the tallies are the upgrades, counted, but for the outbox (watch-tallies.ts)
// I9 rings open in their order, soaked and well (watch-starts.ts)
// I10 wake-ups do not pile up
// I11 a quarantined version does not start, and too many failures end in a quarantine (watch-versions.ts)
// I12 every end is told, under one id (watch-told.ts)
// I13 everything ends: when the faults stop, every organisation is online on the right version, and the campaign closes
// I14 no handler fails for good, so that no message is dead-lettered by the product's own doing
// I15 nobody is offline in silence: what fails for good, or is not known past its deadline, is told (watch-offline.ts)
// I16 an ill organisation is not taken offline (watch-starts.ts), and one whose roll-back fails the functional suite only in
//     what is not business-critical gets online
// I17 whoever is upgraded is in the registry until it is online again (watch-registry.ts)
// I18 a worker whose clock is wrong does nothing: no row has a time that has not come (seeded-run.ts)

import type { Cells, Write } from "../../../shared/platform/tables/tables.ts";
import type { QuarantineRule } from "../../../shared/upgrades/core/quarantine.ts";
import type { SimControlPlane } from "./sim-control-plane.ts";
import type { SimMailer } from "./sim-mailer.ts";
import type { Committed } from "./sim-tables.ts";
import type { Surroundings } from "./surroundings.ts";
import { createBudgets } from "./watch-budgets.ts";
import { createOfflineWatch } from "./watch-offline.ts";
import { createPlaneWatch } from "./watch-plane.ts";
import { campaignRow, keyOf, outgoingRow, quarantineRow, text, upgradeRow } from "./watch-rows.ts";
import type { CampaignRow, UpgradeRow } from "./watch-rows.ts";
import { createRegistryWatch } from "./watch-registry.ts";
import { createStarts } from "./watch-starts.ts";
import { isInFlight, isOpenState, mayFollow, type Break, type InvariantId } from "./watch-states.ts";
import { createTallies } from "./watch-tallies.ts";
import { createTold } from "./watch-told.ts";
import { createVersions } from "./watch-versions.ts";

export interface Broken {
  readonly invariant: InvariantId;
  readonly detail: string;
}

export interface WatchPorts {
  readonly controlPlane: SimControlPlane;
  readonly mailer: SimMailer;
  readonly surroundings: Surroundings;
  readonly now: () => number;
  readonly standard: { readonly upgradeMs: number; readonly rollBackMs: number };
  readonly longestDelayMs: number;
  readonly historyEntry: (campaignId: string, organisationId: string, sequence: number) => Cells | undefined;
  readonly initialVersion: string;
  readonly quarantineRule: QuarantineRule;
}

export type Watch = ReturnType<typeof createWatch>;

interface Changed {
  readonly before: UpgradeRow | undefined;
  readonly after: UpgradeRow;
}

export function createWatch(ports: WatchPorts) {
  const upgrades = new Map<string, UpgradeRow>();
  const campaigns = new Map<string, CampaignRow>();
  let broken: Broken | undefined;
  let finished = 0;
  const breakIt: Break = (invariant, detail) => {
    broken ??= { invariant, detail };
  };
  const budgets = createBudgets(breakIt);
  const tallies = createTallies(breakIt);
  const versions = createVersions({ ...ports, upgrades }, breakIt);
  const told = createTold(ports, breakIt);
  const starts = createStarts({ ...ports, upgrades, finished: () => finished }, breakIt);
  const silence = createOfflineWatch({ ...ports, upgrades }, breakIt);
  const history = createHistoryCheck(ports, (...moved) => starts.onAppointed(...moved), breakIt);
  const holders = createHolders({ upgrades, campaigns, offline: () => plane.offline }, breakIt);
  const registry = createRegistryWatch({ upgrades, offline: () => plane.offline }, breakIt);
  const plane = createPlaneWatch(
    {
      ...ports,
      retriesOf: history.retriesOf,
      onOffline: (...of) => {
        registry.onOffline(of[0]);
        holders.onOffline(...of);
      },
    },
    breakIt,
  );

  const onUpgrades = (campaignId: string, writes: readonly Write[]): void => {
    const before = campaigns.get(campaignId);
    const changed: Changed[] = [];
    const touched = new Set<string>();
    for (const write of writes) {
      if (write.kind === "remove") {
        const [mark, organisationId = "", sequence] = write.row.split("|");
        if (mark !== "o") continue;
        touched.add(keyOf({ campaignId, organisationId }));
        const settled = tallies.onRemoved(campaignId, organisationId, Number(sequence));
        if (settled !== undefined) told.onSettled(campaignId, settled);
      } else if (write.row === "c") campaigns.set(campaignId, campaignRow(campaignId, write.cells));
      else if (write.row.startsWith("o|")) tallies.onOutgoing(campaignId, outgoingRow(write.cells));
      else if (write.row.startsWith("u|")) {
        const after = upgradeRow(campaignId, write.cells);
        changed.push({ before: upgrades.get(keyOf(after)), after });
        upgrades.set(keyOf(after), after);
        touched.add(keyOf(after));
      }
    }
    for (const one of changed) onUpgrade(one);
    const campaign = campaigns.get(campaignId);
    if (campaign !== undefined && campaign !== before) onCampaign(before, campaign);
    for (const { after } of changed) budgets.check(campaign, after);
    tallies.check(campaign, touched);
  };
  const onUpgrade = ({ before, after }: Changed): void => {
    history.check(before, after);
    budgets.onUpgrade(before, after);
    tallies.onUpgrade(after);
    holders.hold(after);
    versions.onUpgrade(after);
    if (after.state === "succeeded") finished += 1;
    if (before?.state !== "scheduled" || !isInFlight(after.state)) return;
    starts.onStart(campaigns.get(after.campaignId), after);
    versions.onStart(after);
    registry.onStart(after);
  };
  const onCampaign = (before: CampaignRow | undefined, after: CampaignRow): void => {
    versions.onCampaign(before, after);
    if (before?.state !== after.state || before.isEnded !== after.isEnded) holders.holdAll(after.campaignId);
    // An operator may open a ring whatever its gate says, with resume.
    if (before?.state !== "running" || after.openRings === before.openRings) return;
    starts.onRingOpened(after, before.openRings);
  };
  return {
    onCommit({ table, partition, writes }: Committed): void {
      if (table === "Upgrades") onUpgrades(partition, writes);
      else if (table === "Organisations") registry.onOrganisations(writes);
      else if (table === "Notices") told.onNotices(writes);
      else if (table === "Quarantines") {
        for (const write of writes) if (write.kind !== "remove") versions.onQuarantine(quarantineRow(write.cells));
      }
    },
    /** Looks at what the control plane has applied to an organisation since the last time. */
    observe: plane.observe,
    suiteBegan: (organisationId: string) => plane.suiteBegan(organisationId),
    /** A worker is about to ask for it. */
    callsOffline(organisationId: string, campaignId: string): void {
      const row = upgrades.get(keyOf({ campaignId, organisationId }));
      if (row !== undefined) starts.onTakeOffline(row);
    },
    silence,
    break: breakIt,
    /** The first broken invariant. */
    get broken(): Broken | undefined {
      return broken;
    },
    checkTold: () => told.checkEnd(upgrades.values()),
    nextNoticeAt: () => told.nextNoticeAt(),
    pendingNotices: told.pendingNotices,
    underWay: budgets.underWay,
    outgoingOf: tallies.outgoingOf,
    upgrades: readable(upgrades),
    campaigns: readable(campaigns),
    isOnline: plane.isOnline,
    versionOf: plane.versionOf,
    get quarantined() {
      return versions.count;
    },
  };
}

const readable = <V>(map: Map<string, V>): ReadonlyMap<string, V> => map;

function createHistoryCheck(
  { historyEntry }: WatchPorts,
  onAppointed: (before: UpgradeRow, after: UpgradeRow, by: string, reason: string) => void,
  breakIt: Break,
) {
  const retries = new Map<string, number>();
  return {
    retriesOf: (upgradeKey: string): number => retries.get(upgradeKey) ?? 0,
    check(before: UpgradeRow | undefined, after: UpgradeRow): void {
      if (before === undefined) return;
      const key = keyOf(after);
      let { state } = before;
      if (after.sequence <= before.sequence) {
        breakIt("I7", `${key} was written at sequence ${after.sequence} over ${before.sequence}`);
      }
      for (let sequence = before.sequence + 1; sequence <= after.sequence; sequence++) {
        const entry = historyEntry(after.campaignId, after.organisationId, sequence);
        const to = text(entry?.["to"]);
        if (entry === undefined || text(entry["from"]) !== state || !mayFollow(state, to)) {
          breakIt("I7", `${key} has no right history entry ${sequence} from ${state}: ${JSON.stringify(entry)}`);
        }
        const why = text(entry?.["reason"]);
        if (state === "verifyingPrevious" && to === "needsHuman" && why.includes("purge")) {
          breakIt("I16", `${key} stays offline, because ${why}`);
        }
        if (state === "needsHuman") retries.set(key, (retries.get(key) ?? 0) + 1);
        if (to === "scheduled") onAppointed(before, after, text(entry?.["by"]), text(entry?.["reason"]));
        state = to;
      }
      if (state !== after.state) breakIt("I7", `${key} is ${after.state}, its history ends with ${state}`);
    },
  };
}

/** Which campaigns have an organisation in hand (I4), and who brings it back (I1). */
function createHolders(
  book: {
    readonly upgrades: ReadonlyMap<string, UpgradeRow>;
    readonly campaigns: ReadonlyMap<string, CampaignRow>;
    readonly offline: () => ReadonlySet<string>;
  },
  breakIt: Break,
) {
  const holders = new Map<string, Set<string>>();
  const checkWayBack = (organisationId: string): void => {
    if (!book.offline().has(organisationId)) return;
    const ways = [...(holders.get(organisationId) ?? [])].map(
      (campaignId) => book.upgrades.get(keyOf({ campaignId, organisationId }))?.state,
    );
    if (ways.some((state) => state !== undefined && isInFlight(state))) return;
    breakIt("I1", `${organisationId} is offline, but no upgrade of it is under way`);
  };
  const hold = (row: UpgradeRow): void => {
    const campaign = book.campaigns.get(row.campaignId);
    const holds =
      campaign !== undefined && campaign.state !== "creating" && !campaign.isEnded && isOpenState(row.state);
    const by = holders.get(row.organisationId) ?? new Set<string>();
    holders.set(row.organisationId, by);
    if (holds) by.add(row.campaignId);
    else by.delete(row.campaignId);
    if (by.size > 1) breakIt("I4", `${row.organisationId} has open upgrades in ${[...by].join(" and ")}`);
    checkWayBack(row.organisationId);
  };
  return {
    hold,
    holdAll(campaignId: string): void {
      for (const upgrade of book.upgrades.values()) if (upgrade.campaignId === campaignId) hold(upgrade);
    },
    onOffline(organisationId: string, campaignId: string): void {
      checkWayBack(organisationId);
      const limit = book.campaigns.get(campaignId)?.maxInFlight ?? 0;
      const down = [...book.offline()].filter((id) => holders.get(id)?.has(campaignId) === true).length;
      if (down > limit) breakIt("I3", `${down} organisations of ${campaignId} are offline, ${limit} are allowed`);
    },
  };
}
