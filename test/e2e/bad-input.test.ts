// What a caller that is wrong gets to see, at the running system: a clear refusal, and nothing has changed.

import { ServiceBusClient } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { portsFrom, startLocal, type SampleRun } from "../support/sample-run.ts";

const ports = portsFrom(27_400);
const api = `http://127.0.0.1:${ports["LOCAL_FUNCTIONS_PORT"]}/api`;
let run: SampleRun;

beforeAll(async () => {
  run = await startLocal(ports);
});

afterAll(async () => {
  run.stop();
  await run.ended;
});

async function token(clientId: string, lifetime = 3600): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${ports["LOCAL_TOKENS_PORT"]}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: "local",
      scope: "api://docuware-operations/.default",
      lifetime: String(lifetime),
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly as?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function call({ method = "GET", path, as, body, headers = {} }: Call) {
  const answer = await fetch(`${api}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const problem = (text === "" ? {} : JSON.parse(text)) as { code?: string; detail?: string; campaignId?: string };
  return { status: answer.status, headers: answer.headers, problem };
}

const organisation = JSON.stringify({
  name: "Alpine Foods",
  stamp: "eu-1",
  ring: "broad",
  timeZone: "Europe/Berlin",
  language: "de",
  contacts: ["it@alpine.example"],
  platformUrl: "https://alpine.example",
});

const campaign = (organisations: string | readonly string[]): string =>
  JSON.stringify({ kind: "hotfix", version: "7.99.0.1", organisations });

describe("the caller", () => {
  test("without a token is told to send one", async () => {
    const { status, headers, problem } = await call({ path: "/campaigns" });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe("Bearer");
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(problem.code).toBe("unauthenticated");
  });

  test("with an expired token, or one of somebody else's key, is not let in", async () => {
    const expired = await token("operator-a", -3600);
    expect((await call({ path: "/campaigns", as: expired })).status).toBe(401);
    const [head = "", payload = "", signature = ""] = (await token("operator-a")).split(".");
    const forged = [head, payload, signature.split("").toReversed().join("")].join(".");
    expect((await call({ path: "/campaigns", as: forged })).status).toBe(401);
  });

  test("without the role is told which one is needed", async () => {
    const { status, problem } = await call({
      method: "POST",
      path: "/campaigns",
      as: await token("nobody"),
      body: campaign("all"),
    });
    expect(status).toBe(403);
    expect(problem.detail).toContain("Upgrades.Manage");
  });
});

describe("the body", () => {
  test.each([
    ["is no JSON", "{", 400, "validationFailed"],
    ["lacks fields", "{}", 400, "validationFailed"],
    ["is too large", JSON.stringify({ pad: "x".repeat(300_000) }), 413, "bodyTooLarge"],
  ])("that %s is refused", async (_, body, expected, code) => {
    const { status, problem } = await call({ method: "POST", path: "/campaigns", as: await token("operator-a"), body });
    expect({ status, code: problem.code }).toEqual({ status: expected, code });
    expect(problem.detail).not.toBe("");
  });
});

describe("an organisation", () => {
  test.each(["UPPER", "a", "-x", "a--b", "x".repeat(51), "a%2Fb"])(
    "with the malformed id %s is refused",
    async (id) => {
      const { status, problem } = await call({ path: `/organisations/${id}`, as: await token("operator-a") });
      expect({ status, code: problem.code }).toEqual({ status: 400, code: "validationFailed" });
    },
  );

  test("that is unknown is named", async () => {
    const as = await token("operator-a");
    expect((await call({ path: "/organisations/unknown-one", as })).problem.detail).toContain("unknown-one");
    const { status, problem } = await call({ method: "POST", path: "/campaigns", as, body: campaign(["unknown-one"]) });
    expect({ status, code: problem.code }).toEqual({ status: 404, code: "organisationUnknown" });
  });

  test("is replaced only by somebody who has read it", async () => {
    const as = await token("operator-a");
    const put = (body: string, headers: Record<string, string> = {}) =>
      call({ method: "PUT", path: "/organisations/alpine-foods-x", as, body, headers });
    expect((await put(organisation)).status).toBe(201);
    expect((await put(organisation)).status).toBe(200);
    const changed = organisation.replace("Alpine Foods", "Alpine");
    expect((await put(changed)).problem.code).toBe("preconditionRequired");
    expect((await put(changed, { "if-match": "W/\"datetime'x'\"" })).problem.code).toBe("preconditionFailed");
    const read = await call({ path: "/organisations/alpine-foods-x", as });
    expect((await put(changed, { "if-match": read.headers.get("etag") ?? "" })).status).toBe(200);
  });

  test("that is in a campaign cannot be put into a second one, nor be removed", async () => {
    const as = await token("operator-a");
    await call({ method: "PUT", path: "/organisations/taken-one", as, body: organisation });
    const first = await call({ method: "POST", path: "/campaigns", as, body: campaign(["taken-one"]) });
    expect(first.status).toBe(201);
    const second = await call({ method: "POST", path: "/campaigns", as, body: campaign(["taken-one"]) });
    expect({ status: second.status, code: second.problem.code }).toEqual({
      status: 409,
      code: "organisationInCampaign",
    });
    expect(second.problem.detail).toContain(first.problem.campaignId);
    const removed = await call({
      method: "DELETE",
      path: "/organisations/taken-one",
      as,
      headers: { "if-match": "*" },
    });
    expect(removed.problem.code).toBe("organisationInCampaign");
    expect((await call({ method: "POST", path: `/campaigns/${first.problem.campaignId}/abort`, as })).status).toBe(200);
  });

  test("gets one campaign for the same Idempotency-Key, however often it is asked for", async () => {
    const as = await token("operator-a");
    await call({ method: "PUT", path: "/organisations/once-only", as, body: organisation });
    const create = (body: string) =>
      call({ method: "POST", path: "/campaigns", as, body, headers: { "idempotency-key": "k-1" } });
    const both = await Promise.all([create(campaign(["once-only"])), create(campaign(["once-only"]))]);
    const again = await create(campaign(["once-only"]));
    expect(again.status).toBe(201);
    for (const { status, problem } of both)
      if (status === 201) expect(problem.campaignId).toBe(again.problem.campaignId);
    expect(both.map(({ status }) => status).filter((status) => status !== 201 && status !== 503)).toEqual([]);
    expect((await create(campaign(["alpine-foods-x"]))).problem.code).toBe("idempotencyKeyReused");
  });
});

test("a campaign starts only with a second person's approval", async () => {
  const [a, b] = [await token("operator-a"), await token("operator-b")];
  await call({ method: "PUT", path: "/organisations/two-people", as: a, body: organisation });
  const created = await call({ method: "POST", path: "/campaigns", as: a, body: campaign(["two-people"]) });
  const path = `/campaigns/${created.problem.campaignId}`;
  expect((await call({ method: "POST", path: `${path}/approve`, as: a })).status).toBe(200);
  expect((await call({ method: "POST", path: `${path}/approve`, as: a })).problem.code).toBe("alreadyApproved");
  expect((await call({ method: "POST", path: `${path}/pause`, as: b })).problem.code).toBe("wrongState");
  expect((await call({ method: "POST", path: `${path}/abort`, as: b })).status).toBe(200);
  expect((await call({ method: "POST", path: `${path}/approve`, as: b })).problem.code).toBe("wrongState");
});

test("a message that makes no sense ends in the dead-letter queue and disturbs nobody", async () => {
  const client = new ServiceBusClient(
    `Endpoint=sb://127.0.0.1:${ports["LOCAL_AMQP_PORT"]};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
  );
  try {
    await client.createSender("upgrade-steps").sendMessages([
      { body: { nonsense: true }, sessionId: "alpine-logistics", messageId: "bad-1" },
      {
        body: { campaignId: "c-none", organisationId: "alpine-logistics", look: false },
        sessionId: "alpine-logistics",
        messageId: "bad-2",
      },
    ]);
    const dead = client.createReceiver("upgrade-steps", { subQueueType: "deadLetter" });
    const found = new Set<unknown>();
    while (found.size < 2) {
      for (const message of await dead.receiveMessages(2, { maxWaitTimeInMs: 60_000 })) {
        found.add(message.messageId);
        expect(message.deadLetterReason).toBe("MaxDeliveryCountExceeded");
        await dead.completeMessage(message);
      }
    }
    expect(found).toEqual(new Set(["bad-1", "bad-2"]));
  } finally {
    await client.close();
  }
});
