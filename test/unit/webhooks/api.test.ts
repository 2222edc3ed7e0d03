// The HTTP side: what is shown, what is refused and how, and that no secret is shown but once.

import { describe, expect, test } from "vitest";
import { webhookEndpoints } from "../../../functions/http/webhooks.ts";
import type { Caller, RawAnswer } from "../../../shared/platform/http/endpoint.ts";
import { Problem } from "../../../shared/platform/http/problems.ts";
import { MAX_WEBHOOKS } from "../../../shared/webhooks/create-webhook.ts";
import { ALICE, createWorld, event, HOUR, MASTER_KEY, NOON, type World } from "./support.ts";

const CALLER: Caller = { actor: ALICE, roles: ["Upgrades.Manage", "Upgrades.Read"] };
const GOOD = { url: "https://hooks.example.com/x", eventTypes: "all" };
const NOWHERE = { webhookId: "wh-0000000000000000" };
const NO_DELIVERY = `msg_${"0".repeat(32)}`;

interface Call {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
}

function caller(world: World) {
  const endpoints = webhookEndpoints(world.verbs);
  return async (name: string, call: Call = {}): Promise<RawAnswer | Problem> => {
    const endpoint = endpoints.find((one) => one.name === name);
    if (endpoint === undefined) throw new Error(`There is no endpoint ${name}.`);
    const { params = {}, query = {}, body, ...headers } = call;
    const valid = endpoint.validate({ params, query, body, caller: CALLER, headers });
    return valid instanceof Problem ? valid : valid.act();
  };
}

/** What a refused call is told: status, then the text. */
function refusal(answer: RawAnswer | Problem): string {
  return answer instanceof Problem ? `${answer.status} ${answer.detail}` : `answered ${answer.status}`;
}

function bodyOf(answer: RawAnswer | Problem): Record<string, unknown> {
  if (answer instanceof Problem) throw new Error(`Refused: ${refusal(answer)}`);
  return Object(answer.body);
}

async function withWebhook() {
  const world = await createWorld();
  const call = caller(world);
  const created = await call("create-webhook", { body: GOOD });
  const { webhookId, secret } = bodyOf(created);
  world.hook.secrets.push(String(secret));
  return { world, call, created, secret: String(secret), params: { webhookId: String(webhookId) } };
}

test("reading needs Upgrades.Read, everything that changes something Upgrades.Manage", async () => {
  const roles = webhookEndpoints((await createWorld()).verbs);
  expect(roles.filter(({ method }) => method === "GET").map(({ role }) => role)).toEqual(
    Array(3).fill("Upgrades.Read"),
  );
  expect(roles.filter(({ method }) => method !== "GET").map(({ role }) => role)).toEqual(
    Array(6).fill("Upgrades.Manage"),
  );
});

describe("secrets", () => {
  test("are shown when made and rotated, and nowhere else: not in answers, rows or logs", async () => {
    const { world, call, created, secret, params } = await withWebhook();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/u);
    expect(created).toMatchObject({ status: 201, headers: { location: `/api/webhooks/${params.webhookId}` } });
    await world.verbs.publish(event(1));
    await world.verbs.sendDue();
    const rotated = String(bodyOf(await call("rotate-webhook-secret", { params }))["secret"]);
    expect(rotated).toMatch(/^whsec_/u);
    expect(rotated).not.toBe(secret);
    const seen = JSON.stringify([
      await call("list-webhooks"),
      await call("get-webhook", { params }),
      await call("list-webhook-deliveries", { params }),
      await call("put-webhook", { params, body: GOOD, ifMatch: "*" }),
      await call("test-webhook", { params }),
      world.log.entries,
      (await world.raw.table("Webhooks").list({ partition: "webhooks", limit: 10 })).rows,
      (await world.raw.table("WebhookDeliveries").list({ partition: params.webhookId, limit: 100 })).rows,
    ]);
    for (const hidden of [secret, rotated, Buffer.from(MASTER_KEY).toString("base64")]) {
      expect(seen).not.toContain(hidden.replace("whsec_", ""));
    }
    expect(seen).not.toMatch(/v1,/u);
  });

  test("differ between webhooks, also between two with the same id at different times", async () => {
    const { world, call, secret } = await withWebhook();
    expect(bodyOf(await call("create-webhook", { body: GOOD }))["secret"]).not.toBe(secret);
    const key = { body: GOOD, idempotencyKey: "k-1" };
    const first = bodyOf(await call("create-webhook", key));
    await world.verbs.remove(String(first["webhookId"]), "*");
    await world.runUntil(NOON + 2 * HOUR);
    const second = bodyOf(await call("create-webhook", key));
    expect(second["webhookId"]).toBe(first["webhookId"]);
    expect(second["secret"]).not.toBe(first["secret"]);
  });

  test("old and new sign for 24 hours, then only the new one; a lost answer costs nothing", async () => {
    const { world, call, secret, params } = await withWebhook();
    await call("rotate-webhook-secret", { params });
    const newest = String(bodyOf(await call("rotate-webhook-secret", { params }))["secret"]);
    world.hook.secrets.splice(0, 1, secret, newest);
    await world.verbs.publish(event(1));
    await world.verbs.sendDue();
    expect(world.hook.received).toMatchObject([{ step: 1, signatures: 3 }]);
    world.time.now = NOON + 24 * HOUR;
    world.hook.secrets.splice(0, 2, newest);
    await world.verbs.publish(event(2));
    await world.verbs.sendDue();
    expect(world.hook.received[1]).toMatchObject({ step: 2, signatures: 1 });
    for (let n = 0; n < 5; n++) expect((await call("rotate-webhook-secret", { params })).status).toBe(200);
    expect(refusal(await call("rotate-webhook-secret", { params }))).toMatch(
      /^409 .* rotated five times within 24 hours/u,
    );
  });

  test("come again with the same Idempotency-Key, for a day; another request with it is refused", async () => {
    const { world, call } = await withWebhook();
    const key = { idempotencyKey: "k-1" };
    const first = bodyOf(await call("create-webhook", { ...key, body: GOOD }));
    expect(bodyOf(await call("create-webhook", { ...key, body: GOOD }))).toEqual(first);
    const other = await call("create-webhook", { ...key, body: { ...GOOD, description: "another" } });
    expect(refusal(other)).toMatch(/^409 This Idempotency-Key came before/u);
    const [one, two] = await Promise.all(
      ["k-2", "k-2"].map((idempotencyKey) => call("create-webhook", { idempotencyKey, body: GOOD })),
    );
    expect(one).toMatchObject({ status: 201 });
    expect(two).toEqual(one);
    world.time.now += 24 * HOUR;
    expect(refusal(await call("create-webhook", { ...key, body: GOOD }))).toMatch(/^409 .* Use a new key/u);
  });
});

describe("a bad request", () => {
  test.each<[string, unknown, RegExp]>([
    ["no body", undefined, /^400 \/body/u],
    ["no address", { eventTypes: "all" }, /^400 \/body\/url/u],
    ["an address that is none", { ...GOOD, url: "hooks" }, /^400 \/body\/url: must be an absolute URL/u],
    ["http", { ...GOOD, url: "http://hooks.example.com/" }, /^400 \/body\/url: must be an https URL/u],
    ["an address of this machine", { ...GOOD, url: "https://127.0.0.1/" }, /^400 \/body\/url: must name a host/u],
    ["no event types", { url: GOOD.url }, /^400 \/body\/eventTypes/u],
    ["an empty list of types", { ...GOOD, eventTypes: [] }, /^400 \/body\/eventTypes/u],
    ["an unknown type", { ...GOOD, eventTypes: ["upgrade.exploded"] }, /^400 \/body\/eventTypes/u],
    ["a type twice", { ...GOOD, eventTypes: ["upgrade.started", "upgrade.started"] }, /^400 \/body\/eventTypes/u],
    ["a long description", { ...GOOD, description: "x".repeat(201) }, /^400 \/body\/description/u],
    ["a status that only the system gives", { ...GOOD, status: "deleted" }, /^400 \/body\/status/u],
    ["an own secret", { ...GOOD, secret: "whsec_mine" }, /^400 \/body: Unrecognized key: "secret"/u],
  ])("to create with %s is refused and makes nothing", async (_, body, message) => {
    const world = await createWorld();
    const call = caller(world);
    expect(refusal(await call("create-webhook", { body }))).toMatch(message);
    expect(await world.verbs.store.allWebhooks()).toEqual([]);
  });

  test.each<[string, Call, RegExp]>([
    ["get-webhook", { params: { webhookId: "x" } }, /^400 \/path\/webhookId: must be the id of a webhook/u],
    ["get-webhook", { params: NOWHERE }, /^404 There is no webhook wh-0000000000000000/u],
    ["put-webhook", { params: NOWHERE, body: GOOD, ifMatch: "*" }, /^404 There is no webhook/u],
    ["put-webhook", { params: NOWHERE, body: GOOD }, /^428 Send If-Match/u],
    ["delete-webhook", { params: NOWHERE }, /^428 Send If-Match/u],
    ["delete-webhook", { params: NOWHERE, ifMatch: "*" }, /^404 There is no webhook/u],
    ["rotate-webhook-secret", { params: NOWHERE }, /^404 There is no webhook/u],
    ["test-webhook", { params: NOWHERE }, /^404 There is no webhook/u],
    ["list-webhook-deliveries", { params: NOWHERE }, /^404 There is no webhook/u],
    ["redeliver-webhook", { params: { ...NOWHERE, deliveryId: NO_DELIVERY } }, /^404 There is no webhook/u],
    ["redeliver-webhook", { params: { ...NOWHERE, deliveryId: "x" } }, /^400 \/path\/deliveryId/u],
    ["list-webhooks", { query: { limit: "0" } }, /^400 \/query\/limit/u],
  ])("%s %o", async (name, call, message) => {
    expect(refusal(await caller(await createWorld())(name, call))).toMatch(message);
  });

  test("with an old ETag changes nothing", async () => {
    const { call, params } = await withWebhook();
    const read = await call("get-webhook", { params });
    const ifMatch = (read instanceof Problem ? undefined : read.headers?.etag) ?? "";
    expect(await call("put-webhook", { params, body: { ...GOOD, description: "one" }, ifMatch })).toMatchObject({
      status: 200,
    });
    for (const name of ["put-webhook", "delete-webhook", "rotate-webhook-secret"]) {
      const answer = await call(name, { params, ...(name === "put-webhook" ? { body: GOOD } : {}), ifMatch });
      expect(refusal(answer), name).toMatch(/^412 Webhook wh-[0-9a-f]{16} has changed since it was read/u);
    }
    expect(bodyOf(await call("get-webhook", { params }))).toMatchObject({ description: "one", secretVersion: 1 });
  });

  test("for one webhook too many is refused", async () => {
    const call = caller(await createWorld());
    for (let n = 0; n < MAX_WEBHOOKS; n++) await call("create-webhook", { body: GOOD });
    expect(refusal(await call("create-webhook", { body: GOOD }))).toMatch(/^409 There are 50 webhooks already/u);
  });
});

describe("the ledger", () => {
  test("pages newest first; a delivery goes out once more under the same id", async () => {
    const { world, call, params } = await withWebhook();
    for (let n = 1; n <= 3; n++) await world.verbs.publish(event(n));
    await world.verbs.sendDue();
    const first = bodyOf(await call("list-webhook-deliveries", { params, query: { limit: "2" } }));
    expect(first).toMatchObject({
      items: [{ at: "2027-02-01T12:00:00.003Z", status: "delivered" }, { eventId: "c-1:alpine-foods:2" }],
    });
    const next = await call("list-webhook-deliveries", { params, query: { cursor: first["nextCursor"] } });
    const [last] = Object(bodyOf(next)["items"]);
    expect(last).toMatchObject({ eventId: "c-1:alpine-foods:1", attempts: [{ statusCode: 204 }] });
    const again = await call("redeliver-webhook", { params: { ...params, deliveryId: last.deliveryId } });
    expect(again).toMatchObject({ status: 202, body: { status: "pending" } });
    await call("redeliver-webhook", { params: { ...params, deliveryId: last.deliveryId } });
    await world.verbs.sendDue();
    expect(world.hook.steps()).toEqual([1, 2, 3, 1]);
    expect(world.hook.received[3]?.id).toBe(world.hook.received[0]?.id);
    expect(refusal(await call("redeliver-webhook", { params: { ...params, deliveryId: NO_DELIVERY } }))).toMatch(
      /^404 There is no delivery msg_0+ of webhook/u,
    );
    await call("put-webhook", { params, body: { ...GOOD, status: "disabled" }, ifMatch: "*" });
    expect(refusal(await call("redeliver-webhook", { params: { ...params, deliveryId: last.deliveryId } }))).toMatch(
      /^409 .* is disabled/u,
    );
  });

  test("a deleted webhook is gone for everybody at once", async () => {
    const { call, params } = await withWebhook();
    expect(await call("delete-webhook", { params, ifMatch: "*" })).toEqual({ status: 204 });
    expect(bodyOf(await call("list-webhooks"))).toEqual({ items: [] });
    expect((await call("get-webhook", { params })).status).toBe(404);
    expect((await call("delete-webhook", { params, ifMatch: "*" })).status).toBe(404);
  });
});

describe("a test", () => {
  test.each(["enabled", "disabled"])(
    "is sent now and once to a webhook that is %s, and does not count",
    async (status) => {
      const { world, call, params } = await withWebhook();
      await call("put-webhook", { params, body: { ...GOOD, status }, ifMatch: "*" });
      expect(bodyOf(await call("test-webhook", { params }))).toMatchObject({
        status: "delivered",
        type: "webhook.test",
      });
      world.hook.replies(() => ({ statusCode: 500, excerpt: "no" }));
      for (let n = 0; n < 6; n++) {
        expect(bodyOf(await call("test-webhook", { params }))).toMatchObject({
          status: "failed",
          attempts: [{ statusCode: 500, excerpt: "no" }],
        });
      }
      expect(bodyOf(await call("get-webhook", { params }))).toMatchObject({ failedInARow: 0 });
      expect(new Set(world.hook.received.map(({ id }) => id)).size).toBe(7);
    },
  );

  test("waits while something else is sent", async () => {
    const { world, call, params } = await withWebhook();
    await world.verbs.store.takeLease(params.webhookId, NOON, NOON + HOUR);
    expect(refusal(await call("test-webhook", { params }))).toMatch(/^409 Something else is being sent/u);
  });
});
