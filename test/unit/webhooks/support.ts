// Values and a world in memory that tests of webhooks share. Its endpoint checks every signature with the reference
// implementation of Standard Webhooks.

import { Webhook as Oracle } from "standardwebhooks";
import { vi } from "vitest";
import type { Actor } from "../../../shared/kernel/actor.ts";
import { seededIds } from "../../support/memory/seeded-ids.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import type { EventType, WebhookEvent } from "../../../shared/webhooks/core/event.ts";
import type { WebhookConfig } from "../../../shared/webhooks/core/webhook.ts";
import type { PostOnce, OutboundPost } from "../../../shared/platform/outbound/post.ts";
import { webhookVerbs, type WebhookNeeds } from "../../../shared/webhooks/verbs.ts";
import { DELIVERIES_TABLE, WEBHOOKS_TABLE } from "../../../shared/webhooks/resources.ts";

export const NOON = Date.UTC(2027, 1, 1, 12);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ALICE: Actor = { kind: "person", userId: "alice" };
export const MASTER_KEY = new Uint8Array(32).fill(7);

export const config = (changes: Partial<WebhookConfig> = {}): WebhookConfig => ({
  url: "https://hooks.example.com/docuware",
  description: "",
  eventTypes: "all",
  status: "enabled",
  ...changes,
});

/** Event number `n` of an upgrade. */
export const event = (n: number, changes: Partial<WebhookEvent> = {}): WebhookEvent => ({
  eventId: `c-1:alpine-foods:${n}`,
  type: "upgrade.started",
  at: NOON + n,
  data: { campaignId: "c-1", organisationId: "alpine-foods", step: n },
  ...changes,
});

export interface Received {
  readonly id: string;
  readonly type: EventType | "webhook.test";
  readonly step: unknown;
  readonly at: number;
  readonly addresses: readonly string[];
  readonly signatures: number;
}

type Reply =
  | { readonly statusCode: number; readonly headers?: Record<string, string>; readonly excerpt?: string }
  | Error;

/** An endpoint that verifies what comes with the reference implementation, for each of the secrets it was given. */
export function endpoint(now: () => number) {
  const received: Received[] = [];
  const secrets: string[] = [];
  let reply: (post: OutboundPost, count: number) => Reply = () => ({ statusCode: 204 });
  const post: PostOnce = async (sent) => {
    received.push(verified(sent, secrets, now()));
    const answer = reply(sent, received.length);
    if (answer instanceof Error) throw answer;
    return { headers: {}, excerpt: "", ...answer };
  };
  return {
    received,
    secrets,
    post,
    replies: (next: typeof reply): void => void (reply = next),
    steps: (): readonly unknown[] => received.map(({ step }) => step),
  };
}

/** Throws when one of the secrets does not verify it. */
export function verified(sent: OutboundPost, secrets: readonly string[], now: number): Received {
  if (secrets.length === 0) throw new Error("The endpoint knows no secret.");
  // The reference implementation refuses timestamps that are not of the last minutes.
  vi.useFakeTimers({ now, toFake: ["Date"] });
  try {
    const [first] = secrets.map((secret) => new Oracle(secret).verify(sent.body, { ...sent.headers }));
    const payload: { type: Received["type"]; timestamp: string; data: Record<string, unknown> } = Object(first);
    return {
      id: sent.headers["webhook-id"] ?? "",
      type: payload.type,
      step: payload.data["step"],
      at: Date.parse(payload.timestamp),
      addresses: sent.target.addresses,
      signatures: (sent.headers["webhook-signature"] ?? "").split(" ").length,
    };
  } finally {
    vi.useRealTimers();
  }
}

export async function createWorld(
  changes: Partial<WebhookNeeds> & { readonly guard?: (tables: Tables) => Tables } = {},
) {
  const { guard, ...rest } = changes;
  const time = { now: NOON };
  const raw = memoryTables(WEBHOOKS_TABLE, DELIVERIES_TABLE);
  const hook = endpoint(() => time.now);
  const incidents = new Map<string, NewIncident>();
  const log = memoryLog();
  const world: WebhookNeeds = {
    tables: guard?.(raw) ?? raw,
    clock: { now: () => time.now },
    ids: seededIds("webhooks"),
    log,
    masterKey: MASTER_KEY,
    outbound: { allowLocal: false },
    resolve: async () => ["93.184.215.14"],
    post: hook.post,
    raiseIncident: async (incident) => void incidents.set(incident.incidentId, incident),
    ...rest,
  };
  const verbs = webhookVerbs(world);
  /** A new webhook whose secret the endpoint knows. */
  const subscribe = async (changes: Partial<WebhookConfig> = {}): Promise<string> => {
    const created = await verbs.create(config(changes), ALICE);
    if (!created.ok) throw new Error(`The webhook was refused: ${created.error.kind}.`);
    hook.secrets.splice(0, hook.secrets.length, created.value.secret);
    return created.value.webhook.webhookId;
  };
  const ledger = async (webhookId: string) => (await verbs.store.listDeliveries(webhookId, 1000)).items;
  /** The minute timer, from now until then. */
  const runUntil = async (end: number): Promise<void> => {
    for (; time.now < end; time.now += MINUTE) await verbs.sendDue();
  };
  return { time, raw, hook, incidents, log, world, verbs, subscribe, ledger, runUntil };
}
export type World = Awaited<ReturnType<typeof createWorld>>;

/** A world with one webhook. */
export async function subscribed(changes: Partial<WebhookConfig> = {}) {
  const world = await createWorld();
  return { world, webhookId: await world.subscribe(changes) };
}
