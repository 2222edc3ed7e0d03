// Campaigns as operators drive them, over the API of the running local system.

import { expect } from "vitest";
import { z } from "zod";
import { until, type LocalSystem } from "./local-system.ts";

export const appointmentSchema = z.object({
  wallStart: z.string(),
  start: z.iso.datetime(),
  noticeBy: z.iso.datetime(),
});
const campaignSchema = z.object({
  campaignId: z.string(),
  state: z.string(),
  pausedBecause: z.string().optional(),
  counts: z.record(z.string(), z.number()).optional(),
});
const upgradeSchema = z.object({
  state: z.string(),
  failure: z.string().optional(),
  appointment: appointmentSchema.optional(),
  history: z.array(z.object({ to: z.string(), by: z.string(), reason: z.string().optional() })).optional(),
});

interface Sending {
  readonly as?: string;
  readonly body?: unknown;
  readonly ifMatch?: string;
  /** What must be answered, instead of a success. */
  readonly refused?: string;
}

export function campaignDriver({ call }: LocalSystem) {
  /** Posts, and expects a success, or this refusal. */
  async function post(path: string, { as = "operator-a", body, ifMatch, refused }: Sending = {}): Promise<unknown> {
    const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
    const answer = await call({ method: "POST", path, as, body, headers });
    if (refused !== undefined) expect(answer.problem.code, answer.text).toBe(refused);
    else expect(answer.status, answer.text).toBeLessThan(300);
    return answer.json;
  }

  async function create(body: object): Promise<string> {
    return campaignSchema.parse(await post("/campaigns", { body })).campaignId;
  }

  async function campaignOf(campaignId: string) {
    const { json, headers } = await call({ path: `/campaigns/${campaignId}`, as: "operator-a" });
    return { ...campaignSchema.parse(json), etag: headers.get("etag") ?? "" };
  }

  async function upgradeOf(campaignId: string, organisationId: string) {
    const path = `/campaigns/${campaignId}/organisations/${organisationId}`;
    const { json, headers } = await call({ path, as: "operator-a" });
    return { ...upgradeSchema.parse(json), etag: headers.get("etag") ?? "" };
  }

  const inState = (campaignId: string, state: string) =>
    until(`${campaignId} is ${state}`, async () => {
      const campaign = await campaignOf(campaignId);
      return campaign.state === state ? campaign : undefined;
    });

  const upgradeInState = (campaignId: string, organisationId: string, state: string) =>
    until(`${organisationId} is ${state}`, async () => {
      const upgrade = await upgradeOf(campaignId, organisationId);
      return upgrade.state === state ? upgrade : undefined;
    });

  async function start(body: object): Promise<string> {
    const campaignId = await create(body);
    for (const as of ["operator-b", "release-manager"]) await post(`/campaigns/${campaignId}/approve`, { as });
    return campaignId;
  }

  return { post, create, start, campaignOf, upgradeOf, inState, upgradeInState };
}
