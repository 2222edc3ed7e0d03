// Tells a move of an upgrade, or of a campaign, to whom it concerns: the customer (notices), support (incidents), other
// systems (webhooks). Every part has an id that follows from the move, so telling it again changes nothing.

import type { UpgradeDeps } from "../deps.ts";
import { settleConcurrently, valuesOf } from "../../kernel/map-concurrently.ts";
import { cut } from "../../kernel/text.ts";
import type { NewNotice } from "../../notices/core/notice.ts";
import type { EventType, WebhookEvent } from "../../webhooks/core/event.ts";
import type { Campaign, CampaignState } from "../core/campaign.ts";
import { leftOut, needsHuman, onlineDespite, rollingBack } from "./incidents-of.ts";
import { cancellationOf, noticesAbout } from "./customer-notices.ts";
import { isQuarantineReason } from "../core/quarantine.ts";
import { sentence } from "./phrases.ts";
import { newsKind, type OutboxEntry, type NewsKind } from "../core/outbox.ts";

export interface NotifyDeps extends Pick<UpgradeDeps, "clock" | "organisationOf" | "requestNotices" | "raiseIncident"> {
  /** Withdraws what was not sent yet of earlier revisions. */
  readonly withdrawNotices: (of: {
    readonly campaignId: string;
    readonly organisationId: string;
    readonly sequence: number;
  }) => Promise<unknown>;
  /** Ends an appointment: this cancellation goes to whoever was told of it, and nothing else about it any more. */
  readonly cancelAppointment: (cancellation: NewNotice) => Promise<unknown>;
  readonly publish: (event: WebhookEvent) => Promise<unknown>;
  /** Has the organisation checked now. */
  readonly requestCheck: (organisationId: string, at: number) => Promise<unknown>;
}

export async function notifyMove(deps: NotifyDeps, move: OutboxEntry, campaign: Campaign): Promise<void> {
  const kind = newsKind(move.entry);
  if (kind === undefined) return;
  const parts = [
    () => notifySupport(deps, kind, move, campaign),
    () => notifyCustomer(deps, kind, move, campaign),
    () => deps.publish(eventOf(kind, move)),
  ];
  // One that cannot be told does not keep the others from it.
  valuesOf(await settleConcurrently(parts, parts.length, (notify) => notify()));
  // So that the gate of the next ring need not wait for the next regular check.
  const { organisationId, onlineAgainAt } = move.upgrade;
  if (kind === "succeeded" && onlineAgainAt !== undefined) await deps.requestCheck(organisationId, onlineAgainAt);
}

const CAMPAIGN_EVENTS: Partial<Record<CampaignState, EventType>> = {
  announcing: "campaign.announcing",
  running: "campaign.started",
  paused: "campaign.paused",
  completed: "campaign.completed",
  aborted: "campaign.aborted",
};

export async function notifyCampaign(deps: NotifyDeps, campaign: Campaign): Promise<void> {
  const { campaignId, sequence, state, version, pausedBecause } = campaign;
  const type = CAMPAIGN_EVENTS[state];
  const eventId = `${campaignId}:${sequence}`;
  if (type !== undefined)
    await deps.publish({ eventId, type, at: deps.clock.now(), data: { campaignId, version, state } });
  if (pausedBecause === undefined || state !== "paused") return;
  const isQuarantine = isQuarantineReason(version, pausedBecause);
  await deps.raiseIncident({
    incidentId: `campaign-paused:${eventId}`,
    severity: 1,
    kind: "campaignPaused",
    title: `Campaign ${campaignId} has paused itself${isQuarantine ? `: version ${version} is quarantined` : ""}`,
    detail:
      `No further upgrade to ${version} starts, because ${sentence(pausedBecause)} Look at the failed upgrades: ` +
      `GET {base}/campaigns/${campaignId}/organisations. ` +
      (isQuarantine
        ? `To go on, two different operators must first lift the quarantine, each by POST {base}/quarantines/${version}/lift: ` +
          `until then resuming is refused. Then POST {base}/campaigns/${campaignId}/resume; or end it by POST {base}/campaigns/${campaignId}/abort.`
        : `Then POST {base}/campaigns/${campaignId}/resume, with a larger budget where that is used up; or end it by POST {base}/campaigns/${campaignId}/abort.`),
    subject: { campaignId, version },
  });
}

function eventOf(kind: NewsKind, { entry, upgrade }: OutboxEntry): WebhookEvent {
  const { campaignId, organisationId, sequence } = { ...upgrade, sequence: entry.sequence };
  return {
    eventId: `${campaignId}:${organisationId}:${sequence}`,
    type: kind === "appointed" ? "upgrade.scheduled" : (`upgrade.${kind}` as const),
    at: entry.at,
    data: {
      campaignId,
      organisationId,
      version: upgrade.targetVersion,
      state: entry.to,
      ...(entry.reason === undefined ? {} : { reason: cut(entry.reason, 500) }),
      ...(upgrade.appointment === undefined ? {} : { start: new Date(upgrade.appointment.start).toISOString() }),
    },
  };
}

async function notifyCustomer(
  deps: NotifyDeps,
  kind: NewsKind,
  { entry, upgrade }: OutboxEntry,
  campaign: Campaign,
): Promise<void> {
  const organisation = await deps.organisationOf(upgrade.organisationId);
  if (organisation === undefined) return;
  const now = deps.clock.now();
  if (kind === "skipped") {
    const because = entry.cause === "ill" ? "functionalCheckFailed" : undefined;
    return void (await deps.cancelAppointment(cancellationOf(campaign, upgrade, organisation, now, because)));
  }
  const notices = noticesAbout(kind, upgrade, organisation, now, campaign.pace);
  if (notices.length === 0) return;
  const isEnd = kind !== "appointed";
  await deps.withdrawNotices({ ...upgrade, sequence: (upgrade.appointment?.revision ?? 0) + (isEnd ? 1 : 0) });
  await deps.requestNotices(notices);
}

async function notifySupport(
  deps: NotifyDeps,
  kind: NewsKind,
  { entry, upgrade }: OutboxEntry,
  campaign: Campaign,
): Promise<void> {
  const { sequence } = entry;
  const reason = entry.reason ?? upgrade.failure ?? "unknown";
  const incident =
    kind === "needsHuman"
      ? needsHuman(upgrade, sequence, reason)
      : kind === "rollingBack"
        ? rollingBack(upgrade, sequence, reason)
        : kind === "rolledBack" && upgrade.onlineDespite !== undefined
          ? onlineDespite(upgrade, sequence, upgrade.onlineDespite)
          : kind === "skipped" && entry.by.startsWith("worker:") && campaign.state !== "aborted"
            ? leftOut(upgrade, sequence, reason, entry.cause === "ill")
            : undefined;
  if (incident !== undefined) await deps.raiseIncident(incident);
}
