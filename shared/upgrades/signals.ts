// What campaigns and upgrades report (docs/telemetry.md).

import type { INCIDENT_EVENTS } from "../incidents/signals.ts";
import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { counted, error, exported, info, measured, warn, type Catalogue } from "../platform/telemetry/events.ts";
import { counter, histogram, PHASE_BUCKETS } from "../platform/telemetry/instruments.ts";

const MOVES = counter("dwops.upgrade.moves", "{move}", "Moves of upgrades from one state to another", ["from", "to"]);
const PHASE = histogram(
  "dwops.upgrade.phase.duration",
  "How long an upgrade stayed in a state before it left it",
  ["state"],
  PHASE_BUCKETS,
);
const OFFLINE = histogram(
  "dwops.upgrade.offline.duration",
  "From going offline to being online again",
  ["outcome"],
  PHASE_BUCKETS,
);
const NEEDS_HUMAN = counter(
  "dwops.upgrade.needs_human",
  "{upgrade}",
  "Upgrades whose roll-back failed: offline and safe, an operator must act",
);
const PAUSED = counter("dwops.campaign.paused", "{campaign}", "Campaigns that paused themselves");
const CLOSED = counter("dwops.campaign.closed", "{campaign}", "Campaigns that ended", ["state"]);
const QUARANTINED = counter(
  "dwops.version.quarantined",
  "{version}",
  "Versions that no campaign may start until two operators lift it",
);

const UPGRADE = { campaignId: "text", organisationId: "text" } as const;
const MOVE = { campaignId: "text", from: "text", to: "text" } as const;

export const UPGRADE_EVENTS = {
  "upgrade.moved": exported(
    info(
      "An upgrade went from one state to another; `phaseMs` is the time in `from`",
      { ...UPGRADE, from: "text", to: "text", reason: "text?", phaseMs: "ms", offlineMs: "ms?" },
      counted(MOVES, ({ from, to }) => ({ from, to })),
      measured(
        PHASE,
        ({ phaseMs }) => phaseMs,
        ({ from }) => ({ state: from }),
      ),
      measured(
        OFFLINE,
        ({ offlineMs }) => offlineMs,
        ({ to }) => ({ outcome: to }),
      ),
    ),
  ),
  "upgrade.needsHuman": exported(
    error(
      "A roll-back failed: the organisation is offline and safe, an operator must act",
      { ...UPGRADE, failure: "text" },
      counted(NEEDS_HUMAN, () => ({})),
    ),
  ),
  "upgrade.waiting": info("An upgrade waits for what it has begun", {
    ...UPGRADE,
    state: "text",
    sinceMs: "ms",
    nextPollMs: "ms",
  }),
  "upgrade.notToldInTime": warn("A hotfix begins although its mail was not accepted", UPGRADE),
  "upgrade.notNotified": error("A move can never be told to everybody whom it concerns", {
    ...UPGRADE,
    move: "text",
    reason: "text",
  }),
  "upgrade.notRegistered": error("An organisation of a campaign has left the registry", UPGRADE),
  "upgrade.notAnnounced": error("An upgrade can never be announced", { ...UPGRADE, reason: "text" }),
  "upgrades.reconciled": info("A run of the reconciler that found something", {
    campaigns: "number",
    upgrades: "number",
    overdue: "number",
  }),
  "upgrades.rechecked": info("A run of the timer that derives appointments again", { changed: "number" }),
  "campaign.moved": info("A campaign went from one state to another", MOVE),
  "campaign.paused": exported(
    error(
      "A campaign paused itself: its budget is used up, a gate failed, or its version is quarantined",
      { ...MOVE, reason: "text" },
      counted(PAUSED, () => ({})),
    ),
  ),
  "campaign.closed": exported(
    info(
      "A campaign ended",
      { campaignId: "text", state: "text" },
      counted(CLOSED, ({ state }) => ({ state })),
    ),
  ),
  "campaign.changed": info("A round of the coordinator changed upgrades", { campaignId: "text", upgrades: "number" }),
  "campaign.datesChanged": info("Freezes or time zones changed appointments", {
    campaignId: "text",
    upgrades: "number",
  }),
  "version.quarantined": exported(
    error(
      "Too many roll-backs: no campaign may start this version until two operators lift it",
      { version: "text", campaignId: "text", reason: "text" },
      counted(QUARANTINED, () => ({})),
    ),
  ),
} satisfies Catalogue;

export type UpgradeLog = Log<typeof UPGRADE_EVENTS & typeof INCIDENT_EVENTS & typeof PLATFORM_EVENTS>;
