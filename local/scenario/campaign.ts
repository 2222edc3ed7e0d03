// A hotfix for the whole fleet, as two operators would roll it out, with one upgrade that fails on purpose.

import { z } from "zod";
import { compareVersions } from "../../shared/kernel/version.ts";
import { INITIAL_VERSION, type FleetMember } from "../fleet.ts";
import { PORTS } from "../ports.ts";
import { mapConcurrently } from "../../shared/kernel/map-concurrently.ts";
import { apiAs, getJson, pages, type Api } from "./api.ts";

const campaignSchema = z.object({
  campaignId: z.string(),
  state: z.string(),
  version: z.string(),
  counts: z.record(z.string(), z.number()).optional(),
});
const upgradeSchema = z.object({
  organisationId: z.string(),
  state: z.string(),
  fromVersion: z.string().optional(),
  targetVersion: z.string(),
  failure: z.string().optional(),
  offlineSeconds: z.number().optional(),
});
export type UpgradeRow = z.infer<typeof upgradeSchema>;

export interface Progress {
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** Campaigns that an earlier run left behind: those that do not run are given up, running ones go on to their end first. */
export async function settleEarlierCampaigns(api: Api, note: (line: string) => void): Promise<void> {
  for await (const campaign of pages(api, "/campaigns", campaignSchema.extend({ endedAt: z.string().optional() }))) {
    if (campaign.endedAt !== undefined) continue;
    if (["draft", "approved", "announcing", "paused"].includes(campaign.state))
      await api.send("POST", `/campaigns/${campaign.campaignId}/abort`);
    else note(`Campaign ${campaign.campaignId} of an earlier run goes on first.`);
    await followCampaign(api, campaign.campaignId, () => {}, 30);
  }
}

/** Newer than every version in the fleet: by a correction (the last place), or by a release (the second). */
export async function nextVersions(): Promise<Readonly<Record<"present" | "hotfix" | "upgrade", string>>> {
  const versions = [INITIAL_VERSION, ...(await simulated()).map((organisation) => organisation.version)];
  const present = versions.toSorted(compareVersions).at(-1) ?? INITIAL_VERSION;
  const newest = present.split(".").map(Number);
  const [major = 0, minor = 0] = newest;
  return {
    present,
    hotfix: [...newest.slice(0, -1), (newest.at(-1) ?? 0) + 1].join("."),
    upgrade: [major, minor + 1, 0, 1].join("."),
  };
}

/** The upgrade of this organisation fails once, on the control plane's side. */
export async function injectUpgradeFailure(member: FleetMember): Promise<void> {
  const faults = `http://127.0.0.1:${PORTS.controlPlane}/_simulator/faults`;
  const fault = {
    organisationId: member.organisationId,
    target: "controlPlane",
    operation: "upgrade",
    effect: "fail",
    phase: "run",
    times: 1,
    message: "database schema update failed at step 17",
  };
  await fetch(faults, { method: "DELETE", signal: AbortSignal.timeout(10_000) });
  const answer = await fetch(faults, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`The simulator refused the fault with ${answer.status}: ${await answer.text()}`);
}

/** Made by operator-a, approved by two others. */
export async function startHotfix(
  version: string,
  fleet: readonly FleetMember[],
  maxInFlight: number,
): Promise<string> {
  return makeCampaign(["operator-b", "release-manager"], {
    kind: "hotfix",
    version,
    reason: {
      de: "Ein Fehler der vorigen Version kann dazu führen, dass abgelegte Dokumente nicht gefunden werden.",
      en: "A fault of the previous version may keep stored documents from being found.",
    },
    organisations: fleet.map((member) => member.organisationId),
    maxInFlight,
  });
}

/** An upgrade of these organisations, four weeks ahead; from now on its customers are told. */
export async function announceUpgrade(version: string, fleet: readonly FleetMember[]): Promise<string> {
  const organisations = fleet.map((member) => member.organisationId);
  return makeCampaign(["release-manager"], { kind: "upgrade", version, organisations });
}

async function makeCampaign(approvers: readonly string[], body: Readonly<Record<string, unknown>>): Promise<string> {
  const created = await apiAs("operator-a").send(
    "POST",
    "/campaigns",
    { ...body, approvers: approvers.map((clientId) => `tool:${clientId}`) },
    { "idempotency-key": `sample-${String(body["kind"])}-${String(body["version"])}-${process.pid}` },
  );
  const { campaignId } = campaignSchema.parse(created);
  for (const approver of approvers) await apiAs(approver).send("POST", `/campaigns/${campaignId}/approve`);
  return campaignId;
}

/** Until every upgrade has ended, or needs a human. */
export async function followCampaign(
  api: Api,
  campaignId: string,
  show: (progress: Progress) => void,
  limitMinutes: number,
): Promise<void> {
  const end = Date.now() + limitMinutes * 60_000;
  for (;;) {
    const { state, counts = {} } = campaignSchema.parse(await api.get(`/campaigns/${campaignId}`));
    show({ state, counts });
    const open = Object.entries(counts).filter(([name, count]) => count > 0 && !ENDED.has(name));
    if (state === "completed" || (open.length === 0 && state === "aborted")) return;
    if (open.length > 0 && open.every(([name]) => name === "needsHuman")) return;
    if (Date.now() > end)
      throw new Error(
        `Campaign ${campaignId} did not end within ${limitMinutes} minutes. See .local/logs/functions.log.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const ENDED = new Set(["succeeded", "rolledBack", "skipped"]);

export async function campaignResult(api: Api, campaignId: string): Promise<readonly UpgradeRow[]> {
  const rows: UpgradeRow[] = [];
  for await (const row of pages(api, `/campaigns/${campaignId}/organisations`, upgradeSchema)) rows.push(row);
  return rows;
}

const simulatedSchema = z.object({
  organisationId: z.string(),
  availability: z.enum(["online", "offline"]),
  version: z.string(),
});
export type Simulated = z.infer<typeof simulatedSchema>;

/** What the organisations themselves say, read from the simulator and not from the app. */
export async function simulated(): Promise<readonly Simulated[]> {
  const page = z.object({ total: z.number(), items: z.array(simulatedSchema) });
  const all: Simulated[] = [];
  for (;;) {
    const url = `http://127.0.0.1:${PORTS.controlPlane}/_simulator/organisations?start=${all.length}&count=500`;
    const { total, items } = page.parse(await getJson(url));
    all.push(...items);
    if (items.length === 0 || all.length >= total) return all;
  }
}

const operationsSchema = z.object({ operations: z.array(z.object({ appliedCount: z.number() })) });

export interface ControlPlaneCount {
  /** Operations that took effect. */
  readonly applied: number;
  /** Those of them that took effect more than once: none, or a promise is broken. */
  readonly appliedTwice: number;
}

/** Counted by the simulator, over all campaigns so far. */
export async function controlPlaneCount(members: readonly FleetMember[]): Promise<ControlPlaneCount> {
  let applied = 0;
  let appliedTwice = 0;
  await mapConcurrently(members, 8, async ({ organisationId }) => {
    const url = `http://127.0.0.1:${PORTS.controlPlane}/_simulator/organisations/${organisationId}`;
    for (const { appliedCount } of operationsSchema.parse(await getJson(url)).operations) {
      if (appliedCount > 0) applied += 1;
      if (appliedCount > 1) appliedTwice += 1;
    }
  });
  return { applied, appliedTwice };
}

export async function deadLettered(): Promise<number> {
  const schema = z.array(z.object({ deadLettered: z.number() }));
  const queues = schema.parse(await getJson(`http://127.0.0.1:${PORTS.busManagement}/queues`));
  return queues.reduce((sum, queue) => sum + queue.deadLettered, 0);
}
