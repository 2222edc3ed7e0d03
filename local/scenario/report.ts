// What a sample run found, for people (a table) and for tools (one JSON line).

import type { CheckSummary } from "./checks.ts";
import type { ControlPlaneCount, Simulated, UpgradeRow } from "./campaign.ts";

export interface Report {
  readonly campaign: { readonly campaignId: string; readonly version: string; readonly seconds: number };
  readonly organisations: readonly {
    readonly organisationId: string;
    readonly outcome: string;
    readonly fromVersion: string | undefined;
    readonly toVersion: string;
    readonly offlineSeconds: number | undefined;
    /** As the organisation itself reports it. */
    readonly online: boolean;
  }[];
  readonly functionalChecks: CheckSummary;
  readonly messagesDeadLettered: number;
  readonly controlPlane: ControlPlaneCount;
}

/** `toVersion` is what the organisation runs now, read from the organisation and not from the campaign. */
export function organisationRows(upgrades: readonly UpgradeRow[], seen: readonly Simulated[]): Report["organisations"] {
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
export function shortcomings({
  organisations,
  campaign,
  messagesDeadLettered,
  controlPlane,
}: Report): readonly string[] {
  const wrong = organisations.flatMap(({ organisationId, outcome, online, fromVersion, toVersion }) => {
    if (!online) return [`${organisationId} is offline (${outcome}).`];
    const expected = outcome === "succeeded" ? campaign.version : fromVersion;
    return toVersion === expected
      ? []
      : [`${organisationId} ${outcome} but runs ${toVersion} instead of ${expected ?? "its previous version"}.`];
  });
  if (messagesDeadLettered > 0) wrong.push(`${messagesDeadLettered} messages are dead-lettered.`);
  if (controlPlane.appliedTwice > 0)
    wrong.push(`${controlPlane.appliedTwice} control-plane operations were applied twice.`);
  return wrong;
}

const MAX_ROWS = 40;

export function closingTable({
  organisations,
  functionalChecks,
  messagesDeadLettered,
  controlPlane,
  campaign,
}: Report): string {
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
    "",
    `Campaign ${campaign.campaignId}: ${summary(organisations)} in ${campaign.seconds} s.`,
    `Functional suite: ${functionalChecks.passed} passed, ${functionalChecks.failed} failed, ${functionalChecks.notRun} not run (median ${functionalChecks.medianMs} ms).`,
    `Control plane: ${controlPlane.applied} operations took effect, ${controlPlane.appliedTwice} of them twice. Messages dead-lettered: ${messagesDeadLettered}.`,
  ].join("\n");
}

export function summary(rows: readonly { readonly outcome: string }[]): string {
  const counts = Map.groupBy(rows, (row) => row.outcome);
  return [...counts].map(([outcome, group]) => `${group.length} ${outcome}`).join(", ");
}
