// What a sample run found, for people (a table) and for tools (one JSON line).

import { mailLine, mailShortcomings, type MailAccount } from "./account-mails.ts";
import type { CheckSummary } from "./checks.ts";
import type { Announcing } from "./mails.ts";
import type { ControlPlaneCount, Simulated, UpgradeRow } from "./campaign.ts";

interface OrganisationRow {
  readonly organisationId: string;
  readonly outcome: string;
  readonly fromVersion: string | undefined;
  readonly toVersion: string;
  readonly offlineSeconds: number | undefined;
  /** As the organisation itself reports it. */
  readonly online: boolean;
}

export interface Report {
  /** The hotfix. */
  readonly campaign: { readonly campaignId: string; readonly version: string; readonly seconds: number };
  readonly organisations: readonly OrganisationRow[];
  /** The upgrade that was announced four weeks ago. */
  readonly upgrade: { readonly campaignId: string; readonly version: string };
  readonly upgraded: readonly OrganisationRow[];
  /** The one that is announced now. */
  readonly announcing: Announcing;
  /** Every mail of these three campaigns. */
  readonly mails: readonly MailAccount[];
  readonly functionalChecks: CheckSummary;
  readonly messagesDeadLettered: number;
  readonly controlPlane: ControlPlaneCount;
}

/** `toVersion` is what the organisation runs now, read from the organisation and not from the campaign. */
export function organisationRows(
  upgrades: readonly UpgradeRow[],
  seen: readonly Simulated[],
): readonly OrganisationRow[] {
  const byId = new Map(seen.map((organisation) => [organisation.organisationId, organisation]));
  return upgrades.map(({ organisationId, state, fromVersion, offlineSeconds }) => ({
    organisationId,
    outcome: state,
    fromVersion,
    toVersion: byId.get(organisationId)?.version ?? "unknown",
    offlineSeconds,
    online: byId.get(organisationId)?.availability === "online",
  }));
}

/** What is not as it should be, one sentence each; empty when every organisation ended online and right. */
export function shortcomings(report: Report): readonly string[] {
  const { messagesDeadLettered, controlPlane, announcing } = report;
  const wrong = [
    ...wrongRows(report.organisations, report.campaign.version),
    ...wrongRows(report.upgraded, report.upgrade.version),
  ];
  if (announcing.state !== "announcing") wrong.push(`The new upgrade is ${announcing.state} instead of announcing.`);
  for (const { organisationId, status, calendar } of announcing.notices) {
    if (status !== "accepted" || !calendar)
      wrong.push(`The announcement to ${organisationId} is ${status}, calendar file: ${calendar}.`);
  }
  wrong.push(...mailShortcomings(report.mails));
  if (messagesDeadLettered > 0) wrong.push(`${messagesDeadLettered} messages are dead-lettered.`);
  if (controlPlane.appliedTwice > 0)
    wrong.push(`${controlPlane.appliedTwice} control-plane operations were applied twice.`);
  return wrong;
}

function wrongRows(rows: readonly OrganisationRow[], version: string): string[] {
  return rows.flatMap(({ organisationId, outcome, online, fromVersion, toVersion }) => {
    if (!online) return [`${organisationId} is offline (${outcome}).`];
    const expected = outcome === "succeeded" ? version : fromVersion;
    return toVersion === expected
      ? []
      : [`${organisationId} ${outcome} but runs ${toVersion} instead of ${expected ?? "its previous version"}.`];
  });
}

const MAX_ROWS = 40;

export function closingTable(report: Report): string {
  const { organisations, upgraded, functionalChecks, messagesDeadLettered, controlPlane, campaign, upgrade } = report;
  return [
    ...table([...organisations, ...upgraded]),
    "",
    `Hotfix ${campaign.version} (${campaign.campaignId}): ${summary(organisations)} in ${campaign.seconds} s.`,
    `Upgrade ${upgrade.version} (${upgrade.campaignId}), announced 31 days ago: ${summary(upgraded)}.`,
    ...announcedLines(report.announcing),
    ...report.mails.map(mailLine),
    `Functional suite: ${functionalChecks.passed} passed, ${functionalChecks.failed} failed, ${functionalChecks.notRun} not run (median ${functionalChecks.medianMs} ms).`,
    `Control plane: ${controlPlane.applied} operations took effect, ${controlPlane.appliedTwice} of them twice. Messages dead-lettered: ${messagesDeadLettered}.`,
  ].join("\n");
}

function table(organisations: readonly OrganisationRow[]): readonly string[] {
  const header = ["organisation", "from", "to", "outcome", "minutes offline"];
  const shown =
    organisations.length <= MAX_ROWS
      ? organisations
      : organisations.filter((row) => row.outcome !== "succeeded").slice(0, MAX_ROWS);
  const rows = shown.map((row) => [
    row.organisationId,
    row.fromVersion ?? "-",
    row.toVersion,
    row.outcome,
    row.offlineSeconds === undefined ? "-" : (row.offlineSeconds / 60).toFixed(1),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const hidden = organisations.length - shown.length;
  return [
    line(header),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
    ...(hidden === 0 ? [] : [`... and ${hidden} more that succeeded`]),
  ];
}

const announcedLines = ({ campaignId, version, notices }: Announcing): readonly string[] => [
  `Upgrade ${version} (${campaignId}) is announced: ${notices.length} mails with calendar files lie in the mail sink.`,
  ...notices.map(({ organisationId, start, zone }) => `  ${organisationId.padEnd(20)} ${start} ${zone}`),
];

function summary(rows: readonly { readonly outcome: string }[]): string {
  const counts = Map.groupBy(rows, (row) => row.outcome);
  return [...counts].map(([outcome, group]) => `${group.length} ${outcome}`).join(", ");
}
