// A webhook's whole life over Azure Tables (Azurite) and real HTTP: made, told about events by two processes at once, down,
// up again, rotated, tested, deleted. The endpoint verifies every signature with the reference implementation.

import { Webhook as Oracle } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemIds } from "../../../shared/platform/ids.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { postOnce } from "../../../shared/platform/outbound/lazy-post.ts";
import { webhookVerbs } from "../../../shared/webhooks/verbs.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { startTinyServer, type TinyServer } from "../../unit/docuware/tiny-server.ts";
import { ALICE, config, HOUR, MASTER_KEY, MINUTE, type Received } from "../../unit/webhooks/support.ts";
import { DELIVERIES_TABLE, WEBHOOKS_TABLE } from "../../../shared/webhooks/resources.ts";

const azure = azuriteTables();
let server: TinyServer | undefined;
const hook = {
  secrets: [""],
  status: 204,
  received: [] as Pick<Received, "id" | "step">[],
  wrong: 0,
  atOnce: 0,
  most: 0,
};

beforeAll(async () => {
  server = await startTinyServer(({ headers, body }, response) => {
    hook.atOnce += 1;
    hook.most = Math.max(hook.most, hook.atOnce);
    // The answer comes a turn later, so that a second request at the same time would be seen.
    setImmediate(() => {
      hook.atOnce -= 1;
      try {
        const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
        const [payload] = hook.secrets.map((secret) => Object(new Oracle(secret).verify(body.toString(), signed)));
        if (hook.status < 300) hook.received.push({ id: String(signed["webhook-id"]), step: payload.data.step });
      } catch {
        hook.wrong += 1;
      }
      response.writeHead(hook.status).end();
    });
  });
});
afterAll(async () => {
  await server?.stop();
});

test("lives on Azure Tables and real HTTP", async () => {
  if (server === undefined) throw new Error("The test's server does not run.");
  const tables = azure();
  await tables.ensure([WEBHOOKS_TABLE, DELIVERIES_TABLE]);
  let ahead = 0;
  const verbs = webhookVerbs({
    tables,
    clock: { now: () => Date.now() + ahead },
    ids: systemIds,
    log: memoryLog(),
    masterKey: MASTER_KEY,
    outbound: { allowLocal: true },
    resolve: async () => [],
    post: postOnce,
    raiseIncident: async () => undefined,
  });
  const created = await verbs.create(config({ url: `${server.url}/events` }), ALICE);
  if (!created.ok) throw new Error("The webhook was refused.");
  const { webhookId, createdAt } = created.value.webhook;
  hook.secrets = [created.value.secret];
  const about = (step: number) =>
    ({
      eventId: `e-${step}`,
      type: "upgrade.started",
      at: createdAt + step,
      data: { campaignId: "c-1", organisationId: "alpine-foods", step },
    }) as const;

  for (let step = 1; step <= 12; step++) await verbs.publish(about(step));
  expect(await verbs.publish(about(3))).toEqual({ fresh: 0, known: 1 });
  hook.status = 503;
  expect(await verbs.sendDue()).toMatchObject({ delivered: 0, postponed: 1 });
  hook.status = 204;
  ahead += MINUTE;
  const runs = await Promise.all([verbs.sendDue(), verbs.sendDue()]);
  expect(runs.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(12);
  expect(hook.received.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(new Set(hook.received.map(({ id }) => id)).size).toBe(12);
  expect({ wrong: hook.wrong, most: hook.most }).toEqual({ wrong: 0, most: 1 });

  const rotated = await verbs.rotateSecret(webhookId);
  if (!rotated.ok) throw new Error("The secret was not rotated.");
  hook.secrets = [created.value.secret, rotated.value.secret];
  expect(await verbs.sendTest(webhookId)).toMatchObject({
    value: { status: "delivered", attempts: [{ statusCode: 204 }] },
  });
  expect(hook.wrong).toBe(0);

  const page = await verbs.store.listDeliveries(webhookId, 5);
  expect(page.items).toHaveLength(5);
  const rest = await verbs.store.listDeliveries(webhookId, 100, page.cursor);
  const ledger = [...page.items, ...rest.items];
  expect(ledger.map(({ at }) => at)).toEqual(ledger.map(({ at }) => at).toSorted((a, b) => b - a));
  expect(ledger.find(({ eventId }) => eventId === "e-1")?.attempts.map(({ statusCode }) => statusCode)).toEqual([
    503, 204,
  ]);

  expect(await verbs.remove(webhookId, "*")).toMatchObject({ ok: true });
  expect(await verbs.sendDue()).toMatchObject({ removed: 13 });
  ahead += 2 * HOUR;
  await verbs.sendDue();
  expect(await verbs.store.readWebhook(webhookId)).toBeUndefined();
  expect((await tables.table(DELIVERIES_TABLE).list({ partition: webhookId, limit: 10 })).rows).toEqual([]);
});
