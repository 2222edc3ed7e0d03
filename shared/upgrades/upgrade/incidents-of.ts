// What support must know of one upgrade, as incidents. The id follows from the upgrade and its move, so that whoever finds
// the same trouble again raises the same incident.

import { describeFailure } from "../../kernel/failures.ts";
import type { NewIncident, RaiseIncident } from "../../incidents/core/incident.ts";
import type { UpgradeLog } from "../signals.ts";
import { ONLINE_UNVERIFIED } from "../core/decide.ts";
import { announcedEnd, type Upgrade } from "../core/upgrade.ts";
import { isNow, sentence, utc } from "./phrases.ts";

const idOf = (upgrade: Upgrade, sequence = upgrade.sequence): string =>
  `upgrade:${upgrade.campaignId}:${upgrade.organisationId}:${sequence}`;

const subjectOf = ({ campaignId, organisationId, targetVersion }: Upgrade) => ({
  campaignId,
  organisationId,
  version: targetVersion,
});

/** Where the API shows it. `{base}` becomes the root of the API in the mail (incidents/compose-mail.ts). */
const pathOf = ({ campaignId, organisationId }: Upgrade): string =>
  `{base}/campaigns/${campaignId}/organisations/${organisationId}`;

const previous = ({ fromVersion }: Upgrade): string =>
  fromVersion === undefined ? "its previous version" : `its previous version ${fromVersion}`;

/** `sequence`: of the move that made it so. */
export const needsHuman = (upgrade: Upgrade, sequence: number, reason: string): NewIncident => {
  const isOnline = reason.includes(ONLINE_UNVERIFIED);
  const version = isOnline
    ? "It is online on a version that nobody has verified; customers may be working in it."
    : upgrade.restorePointId === undefined
      ? `It should be on ${previous(upgrade)}: the upgrade to ${upgrade.targetVersion} had not begun.`
      : upgrade.isVerified === false
        ? `It was restored, and should be on ${previous(upgrade)}.`
        : `It was on its way from ${upgrade.targetVersion} back to ${previous(upgrade)}: ask the control plane which of them it is on.`;
  return {
    incidentId: idOf(upgrade, sequence),
    severity: 0,
    kind: "upgradeNeedsHuman",
    title: isOnline
      ? `${upgrade.organisationId} is online on a version that was not verified`
      : `${upgrade.organisationId} is offline: its roll-back failed`,
    detail:
      `${sentence(reason)} Nothing acts on it any more. ${version} ` +
      "The customer has not been told: call them. Find the cause, then have the roll-back tried again by " +
      `POST ${pathOf(upgrade)}/retry. Runbook: docs/runbooks/upgrade-needs-human.md`,
    subject: subjectOf(upgrade),
  };
};

export const rollingBack = (upgrade: Upgrade, sequence: number, reason: string): NewIncident => ({
  incidentId: idOf(upgrade, sequence),
  severity: 1,
  kind: "upgradeRollingBack",
  title: `${upgrade.organisationId} is being brought back to its previous version`,
  detail:
    `${sentence(reason)} It is being brought back to ${previous(upgrade)}. ` +
    `Its customers ${upgrade.restorePointId === undefined ? "may be" : "are"} offline meanwhile` +
    `${upgrade.offlineFrom === undefined ? "" : `, since ${utc(upgrade.offlineFrom)}`}, and get a mail when it is online ` +
    `again. Nothing needs to be done now, unless another incident about it follows. See GET ${pathOf(upgrade)}`,
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
    `${sentence(failure)} Look at GET {base}/organisations/${upgrade.organisationId}/checks, and mend it.`,
  subject: subjectOf(upgrade),
});

/** Offline past what the customer was told, or past what any upgrade may take. */
export const overdue = (upgrade: Upgrade, limit: number): NewIncident => ({
  incidentId: `overdue:${upgrade.campaignId}:${upgrade.organisationId}`,
  severity: 0,
  kind: "organisationOfflineTooLong",
  title: `${upgrade.organisationId} is offline for longer than was promised`,
  detail:
    `It is offline since ${utc(upgrade.offlineFrom ?? upgrade.enteredAt)}, and should have been online again by ` +
    `${utc(limit)}; it ${isNow(upgrade.state)}. ${whatCustomerKnows(upgrade)} Call the customer, then look at ` +
    `GET ${pathOf(upgrade)}. Runbook: docs/runbooks/organisation-offline-too-long.md`,
  subject: subjectOf(upgrade),
});

function whatCustomerKnows(upgrade: Upgrade): string {
  const told = announcedEnd(upgrade);
  return told === undefined
    ? "The customer was not told any time, and has not been told of the delay."
    : `The customer was told that it would be online again by ${utc(told)}, and has not been told of the delay.`;
}

/** The deadline of its step has passed, and it is not known how the step stands. `tried`: what was asked and answered. */
export const stuck = (upgrade: Upgrade, tried: string): NewIncident => ({
  incidentId: `${idOf(upgrade)}:stuck`,
  severity: 0,
  kind: "upgradeStuck",
  title: `${upgrade.organisationId} may be offline: nobody knows how its upgrade stands`,
  detail:
    `It ${isNow(upgrade.state)} since ${utc(upgrade.enteredAt)}, and that should have ended by ` +
    `${utc(upgrade.deadline ?? upgrade.enteredAt)}. ${tried} It is tried again and again. ` +
    "Look whether the organisation is online and what holds up the control plane. " +
    `See GET ${pathOf(upgrade)}`,
  subject: subjectOf(upgrade),
});

/** Our own store or code refuses to go on. */
export const broken = (upgrade: Upgrade, cause: unknown, isTurnedBack: boolean): NewIncident => ({
  incidentId: `${idOf(upgrade)}:broken`,
  severity: 0,
  kind: "upgradeStepBroken",
  title: `${upgrade.organisationId} may be offline: this app cannot go on with its upgrade`,
  detail:
    `It ${isNow(upgrade.state)} since ${utc(upgrade.enteredAt)}, and this app failed: ${sentence(describeFailure(cause))} ` +
    (isTurnedBack
      ? "It is being brought back to its previous version; make sure that it gets online."
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
    `Since ${utc(since)} its upgrade could start, but nobody knows whether the organisation is well: the checks that ` +
    "were asked for gave no result. Look at the function run-functional-check and its queue; the upgrade goes on by itself.",
  subject: subjectOf(upgrade),
});

/** A move that can never be told to everybody whom it concerns. */
export const notNotified = (upgrade: Upgrade, sequence: number, what: string, failure: unknown): NewIncident => ({
  incidentId: `${idOf(upgrade, sequence)}:not-told`,
  severity: 2,
  kind: "upgradeNotTold",
  title: `Not everybody was told about ${upgrade.organisationId}`,
  detail: `${what} could not be told: ${sentence(describeFailure(failure))} It is not tried again: tell the customer, and mend the cause.`,
  subject: subjectOf(upgrade),
});

/** Whoever raises it has something more urgent to do: a failure to raise is logged, and does not change what happens next. */
export async function raiseOrLog(
  deps: { readonly raiseIncident: RaiseIncident; readonly log: UpgradeLog },
  incident: NewIncident,
): Promise<void> {
  try {
    await deps.raiseIncident(incident);
  } catch (error) {
    const { incidentId, kind, subject } = incident;
    deps.log.event("incident.notRaised", { incident: incidentId, kind, ...subject, failure: error });
  }
}
