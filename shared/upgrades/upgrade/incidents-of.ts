// What support must know of one upgrade, as incidents. The id follows from the upgrade and its move, so that whoever finds
// the same trouble again raises the same incident.

import { rfc3339 } from "../../kernel/rfc3339.ts";
import { describeFailure } from "../../kernel/failures.ts";
import type { NewIncident } from "../../incidents/core/incident.ts";
import type { Log } from "../../platform/telemetry/log.ts";
import type { Upgrade } from "../core/upgrade.ts";

export type RaiseIncident = (incident: NewIncident) => Promise<unknown>;

const idOf = (upgrade: Upgrade, sequence = upgrade.sequence): string =>
  `upgrade:${upgrade.campaignId}:${upgrade.organisationId}:${sequence}`;

const subjectOf = ({ campaignId, organisationId, targetVersion }: Upgrade) => ({
  campaignId,
  organisationId,
  version: targetVersion,
});

/** `sequence`: of the move that made it so. */
export const needsHuman = (upgrade: Upgrade, sequence: number, reason: string): NewIncident => ({
  incidentId: idOf(upgrade, sequence),
  severity: 0,
  kind: "upgradeNeedsHuman",
  title: `${upgrade.organisationId} is offline: its roll-back failed`,
  detail: `${reason}. It is safe, and nothing acts on it any more. Find the cause, then POST .../retry.`,
  subject: subjectOf(upgrade),
});

export const rollingBack = (upgrade: Upgrade, sequence: number, reason: string): NewIncident => ({
  incidentId: idOf(upgrade, sequence),
  severity: 1,
  kind: "upgradeRollingBack",
  title: `${upgrade.organisationId} is brought back to its previous version`,
  detail: reason,
  subject: subjectOf(upgrade),
});

export const leftOut = (upgrade: Upgrade, sequence: number, reason: string, isIll: boolean): NewIncident => ({
  incidentId: idOf(upgrade, sequence),
  severity: isIll ? 2 : 3,
  kind: isIll ? "organisationIll" : "upgradeSkipped",
  title: isIll
    ? `${upgrade.organisationId} does not work as it should, and is not upgraded`
    : `${upgrade.organisationId} was left out of campaign ${upgrade.campaignId}`,
  detail: reason,
  subject: subjectOf(upgrade),
});

/** It is online again on its previous version, although a step that is not business-critical failed. */
export const onlineDespite = (upgrade: Upgrade, sequence: number, failure: string): NewIncident => ({
  incidentId: `${idOf(upgrade, sequence)}:despite`,
  severity: 2,
  kind: "upgradeOnlineDespite",
  title: `${upgrade.organisationId} is online again, but its functional suite did not pass`,
  detail:
    `It is back on its previous version. What failed is not business-critical, so customers were not kept waiting for it: ` +
    `${failure}. Look at GET .../checks, and mend it.`,
  subject: subjectOf(upgrade),
});

/** Offline for longer than was promised. */
export const overdue = (upgrade: Upgrade, backOnlineBy: number): NewIncident => ({
  incidentId: `overdue:${upgrade.campaignId}:${upgrade.organisationId}`,
  severity: 0,
  kind: "organisationOfflineTooLong",
  title: `${upgrade.organisationId} is offline for longer than was promised`,
  detail: `It should have been online again by ${rfc3339(backOnlineBy)}; its upgrade is ${upgrade.state}.`,
  subject: subjectOf(upgrade),
});

/** The deadline of its step has passed, and it is not known how the step stands. `tried`: what was asked and answered. */
export const stuck = (upgrade: Upgrade, tried: string): NewIncident => ({
  incidentId: `${idOf(upgrade)}:stuck`,
  severity: 0,
  kind: "upgradeStuck",
  title: `${upgrade.organisationId} may be offline: nobody knows how its upgrade stands`,
  detail:
    `It is ${upgrade.state} since ${rfc3339(upgrade.enteredAt)}, and should have been through by ` +
    `${rfc3339(upgrade.deadline ?? upgrade.enteredAt)}. ${tried} ` +
    "It is tried again and again. Look whether the organisation is online and what holds up the control plane.",
  subject: subjectOf(upgrade),
});

/** Our own store or code refuses to go on. */
export const broken = (upgrade: Upgrade, cause: unknown, isTurnedBack: boolean): NewIncident => ({
  incidentId: `${idOf(upgrade)}:broken`,
  severity: 0,
  kind: "upgradeStepBroken",
  title: `${upgrade.organisationId} may be offline: this app cannot go on with its upgrade`,
  detail:
    `It is ${upgrade.state} since ${rfc3339(upgrade.enteredAt)}, and this app failed: ${describeFailure(cause)}. ` +
    (isTurnedBack
      ? "It is brought back to its previous version at once; make sure that it gets online."
      : "It is already on its way back, and that is tried again every minute until it works. Mend the cause."),
  subject: subjectOf(upgrade),
});

/** It waits for a functional check that does not come. */
export const healthUnknown = (upgrade: Upgrade, since: number): NewIncident => ({
  incidentId: `health-unknown:${upgrade.campaignId}:${upgrade.organisationId}`,
  severity: 2,
  kind: "upgradeHealthUnknown",
  title: `${upgrade.organisationId} waits for a functional check that does not come`,
  detail:
    `Since ${rfc3339(since)} its upgrade could start, but nobody knows whether the organisation is well: the checks that ` +
    "were asked for gave no result. Look at the function run-functional-check and its queue; the upgrade goes on by itself.",
  subject: subjectOf(upgrade),
});

/** A move that can never be told to everybody whom it concerns. */
export const notTold = (upgrade: Upgrade, sequence: number, what: string, failure: unknown): NewIncident => ({
  incidentId: `${idOf(upgrade, sequence)}:not-told`,
  severity: 2,
  kind: "upgradeNotTold",
  title: `Not everybody was told about ${upgrade.organisationId}`,
  detail: `${what} could not be told: ${describeFailure(failure)}. It is not tried again: tell the customer, and mend the cause.`,
  subject: subjectOf(upgrade),
});

/** Whoever raises it has something more urgent to do: a failure to raise is logged, and does not change what happens next. */
export async function raiseOrLog(
  deps: { readonly raiseIncident: RaiseIncident; readonly log: Log },
  incident: NewIncident,
): Promise<void> {
  try {
    await deps.raiseIncident(incident);
  } catch (error) {
    const { incidentId, kind, subject } = incident;
    deps.log.error("incident.notRaised", { incident: incidentId, kind, ...subject, failure: error });
  }
}
