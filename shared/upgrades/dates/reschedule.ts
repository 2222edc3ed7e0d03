// Another date for one upgrade: chosen by the customer (the link in the notice), or set by an operator.

import type { UpgradeDeps } from "../deps.ts";
import { DAY_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import { actorId, type Actor } from "../../kernel/actor.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { freezesFor } from "../../kernel/time/freeze.ts";
import type { Occurrence } from "../../kernel/time/maintenance-window.ts";
import { nextOpportunity } from "../../kernel/time/opportunity.ts";
import { firstInstant, parseWall, wallTimeSchema } from "../../kernel/time/wall-time.ts";
import { windowOf, type Organisation } from "../../organisations/organisation.ts";
import { chosenByCustomer, movedByUs, type Appointment } from "../core/appointment.ts";
import { isOpen, type Campaign } from "../core/campaign.ts";
import { decide } from "../core/decide.ts";
import { isTerminal } from "../core/moves.ts";
import { offer } from "../core/offer.ts";
import type { Upgrade } from "../core/upgrade.ts";
import type { CommandOptions, UpgradeKey } from "../command-options.ts";
import { tickMessage } from "../messages.ts";
import type { StoredUpgrade } from "../store/rows.ts";
import { changeBy } from "../store/store-writes.ts";
import { CAMPAIGN_QUEUE } from "../resources.ts";

export type RescheduleDeps = Pick<
  UpgradeDeps,
  "store" | "bus" | "clock" | "policy" | "tickMs" | "organisationOf" | "freezes" | "need" | "acceptedNotices"
>;

export type RescheduleRefusal =
  | { readonly kind: "unknown" | "started" | "ended" | "changedMeanwhile" }
  /** It has no date (a hotfix), or its campaign is not announced or has ended. */
  | { readonly kind: "noDate" }
  /** The date has changed since the caller's link was made. */
  | { readonly kind: "revised" }
  | { readonly kind: "notOffered"; readonly reason: string };

/** What may be chosen now, with everything that a choice needs. */
interface Choice {
  readonly stored: StoredUpgrade;
  readonly appointment: Appointment;
  readonly organisation: Organisation;
  readonly options: readonly Occurrence[];
  readonly campaign: Campaign;
}

export async function choiceFor(deps: RescheduleDeps, of: UpgradeKey): Promise<Result<Choice, RescheduleRefusal>> {
  const [stored, holder, organisation] = await Promise.all([
    deps.store.readUpgrade(of.campaignId, of.organisationId),
    deps.store.readCampaign(of.campaignId),
    deps.organisationOf(of.organisationId),
  ]);
  if (stored === undefined || holder === undefined || organisation === undefined) return err({ kind: "unknown" });
  const { upgrade } = stored;
  const { campaign } = holder;
  const { appointment } = upgrade;
  if (isTerminal(upgrade.state) || campaign.state === "aborted") return err({ kind: "ended" });
  if (upgrade.state !== "scheduled") return err({ kind: "started" });
  if (appointment === undefined || !isOpen(campaign) || campaign.state === "approved") return err({ kind: "noDate" });
  const [freezes, need, accepted] = await Promise.all([deps.freezes(), deps.need(), deps.acceptedNotices(upgrade)]);
  const now = deps.clock.now();
  const options = offer(appointment, {
    window: windowOf(organisation),
    freezes: freezesFor(freezes, organisation),
    need,
    accepted,
    plannedFrom: ringOf(campaign, upgrade)?.plannedFrom ?? now,
    now,
  });
  return ok({ stored, appointment, organisation, options, campaign });
}

const ringOf = ({ rings }: Campaign, { ring }: Upgrade) => rings.find((one) => one.ring === ring);

/**
 * Moves the appointment of this revision to the option with this wall time. The same choice again gives the same
 * appointment: its first answer may have been lost.
 */
export async function rescheduleByCustomer(
  deps: RescheduleDeps,
  of: UpgradeKey & { readonly revision: number },
  wallStart: string,
): Promise<Result<Appointment, RescheduleRefusal>> {
  const choice = await choiceFor(deps, of);
  if (!choice.ok) return choice;
  const { appointment, options } = choice.value;
  if (appointment.revision === of.revision + 1 && appointment.wallStart === wallStart) return ok(appointment);
  if (appointment.revision !== of.revision) return err({ kind: "revised" });
  const chosen = options.find((option) => option.wallStart === wallStart);
  if (chosen === undefined) return err({ kind: "notOffered", reason: "that time is not among those offered" });
  const by = actorId({ kind: "customer", organisationId: of.organisationId });
  const next = chosenByCustomer(appointment, chosen);
  return saved(await move(deps, choice.value, next, by, "chosen by the customer"), next);
}

/**
 * A date that the customer could choose counts as chosen by the customer (who called support); any later one is announced
 * anew, four weeks ahead.
 */
export async function rescheduleByOperator(
  deps: RescheduleDeps,
  of: UpgradeKey,
  wallStart: string,
  actor: Actor,
  options: CommandOptions = {},
): Promise<Result<StoredUpgrade, RescheduleRefusal>> {
  const choice = await choiceFor(deps, of);
  if (!choice.ok) return choice;
  const { stored, appointment } = choice.value;
  // The same request again: its first answer may have been lost.
  if (appointment.wallStart === wallStart) return ok(stored);
  if (options.ifMatch !== undefined && options.ifMatch !== stored.etag) return err({ kind: "changedMeanwhile" });
  const offered = choice.value.options.find((option) => option.wallStart === wallStart);
  const found = offered === undefined ? await laterDate(deps, choice.value, wallStart) : ok(offered);
  if (!found.ok) return found;
  const next =
    offered === undefined ? movedByUs(appointment, found.value, false) : chosenByCustomer(appointment, found.value);
  return move(deps, choice.value, next, actorId(actor), "moved by an operator", options.dryRun);
}

/** By then the change notice has been accepted. */
const NOTICE_MARGIN_MS = DAY_MS;

async function laterDate(
  deps: RescheduleDeps,
  { organisation, campaign, stored }: Choice,
  wallStart: string,
): Promise<Result<Occurrence, RescheduleRefusal>> {
  if (!wallTimeSchema.safeParse(wallStart).success) {
    return err({ kind: "notOffered", reason: "start must be a local date and time such as 2027-04-10T22:00" });
  }
  const [freezes, need] = await Promise.all([deps.freezes(), deps.need()]);
  const start = firstInstant(parseWall(wallStart), organisation.timeZone);
  const found = nextOpportunity({
    window: windowOf(organisation),
    freezes: freezesFor(freezes, organisation),
    notBefore: Math.max(start, ringOf(campaign, stored.upgrade)?.plannedFrom ?? start),
    notAfter: start + MINUTE_MS,
    needMs: need.upgradeMs + need.rollBackMs,
    noticeAt: deps.clock.now() + NOTICE_MARGIN_MS,
  });
  return found.ok ? found : err({ kind: "notOffered", reason: found.error.message });
}

async function move(
  deps: RescheduleDeps,
  { stored, campaign }: Choice,
  appointment: Appointment,
  by: string,
  reason: string,
  dryRun = false,
): Promise<Result<StoredUpgrade, RescheduleRefusal>> {
  const now = deps.clock.now();
  const decision = decide(stored.upgrade, { kind: "appointed", appointment, reason }, { now, by, policy: deps.policy });
  if (!decision.ok) return err({ kind: "started" });
  if (dryRun) return ok({ upgrade: decision.value.next, etag: stored.etag });
  const place = await deps.store.placeInQueue(stored.upgrade);
  if (place === undefined) return err({ kind: "changedMeanwhile" });
  const written = await deps.store.save(changeBy(stored, decision.value, place));
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  // Lost if the process dies here; then the coordinator finds the move in the outbox within an hour.
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, now, deps.tickMs)]);
  return ok({ upgrade: decision.value.next, etag: written.etag });
}

const saved = (
  moved: Result<StoredUpgrade, RescheduleRefusal>,
  appointment: Appointment,
): Result<Appointment, RescheduleRefusal> => (moved.ok ? ok(appointment) : moved);
