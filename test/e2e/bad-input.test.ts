// What a caller that is wrong gets to see, at the running system: a clear refusal, and nothing has changed.

import { ServiceBusClient } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { administrativeAlert, budgetAlert, metricAlert } from "../unit/incidents/alerts.ts";
import { localSystem } from "../support/local-system.ts";
import { portsFrom, startLocal, type SampleRun } from "../support/sample-run.ts";

const ports = portsFrom(27_400);
const system = localSystem(ports);
const { call, token } = system;
let run: SampleRun;

beforeAll(async () => {
  run = await startLocal(ports);
});

afterAll(async () => {
  run.stop();
  await run.ended;
});

const organisation = (changes: Readonly<Record<string, unknown>> = {}) => system.organisationBody(1, changes);

const campaign = (organisations: string | readonly string[]) => ({
  kind: "hotfix",
  reason: { de: "Ein Fehler kann Dokumente unauffindbar machen.", en: "A fault may keep documents from being found." },
  version: "7.99.0.1",
  organisations,
  approvers: ["tool:operator-b", "tool:release-manager"],
});

const put = (organisationId: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  call({ method: "PUT", path: `/organisations/${organisationId}`, as: "operator-a", body, headers });

const create = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  call({ method: "POST", path: "/campaigns", as: "operator-a", body, headers });

describe("the caller", () => {
  test("without a token is told to send one", async () => {
    const { status, headers, problem } = await call({ path: "/campaigns" });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe("Bearer");
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(problem.code).toBe("unauthenticated");
  });

  test("with an expired token, or one of somebody else's key, is not let in", async () => {
    expect((await call({ path: "/campaigns", token: await token("operator-a", -3600) })).status).toBe(401);
    const [head = "", payload = "", signature = ""] = (await token("operator-a")).split(".");
    const forged = [head, payload, signature.split("").toReversed().join("")].join(".");
    expect((await call({ path: "/campaigns", token: forged })).status).toBe(401);
  });

  test("without the role is told which one is needed", async () => {
    const { status, problem } = await call({
      method: "POST",
      path: "/campaigns",
      as: "nobody",
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
  ])("that %s is refused", async (_, text, expected, code) => {
    const { status, problem } = await call({ method: "POST", path: "/campaigns", as: "operator-a", text });
    expect({ status, code: problem.code }).toEqual({ status: expected, code });
    expect(problem.detail).not.toBe("");
  });
});

describe("half of a surrogate pair", () => {
  const HALF = String.raw`\ud83d`;
  const texts = {
    "/body/name": JSON.stringify(organisation()).replace(/"name":"/, `$&${HALF}`),
    "/body/contacts/0": JSON.stringify(organisation({ contacts: ["x"] })).replace(/"contacts":\["/, `$&${HALF}`),
    "/body/\ufffd": `{"${HALF}":1}`,
  };

  test.each(Object.entries(texts))("in %s is refused, and named", async (pointer, text) => {
    const { status, problem } = await call({
      method: "PUT",
      path: "/organisations/half-a-pair",
      as: "operator-a",
      text,
    });
    expect({ status, code: problem.code }).toEqual({ status: 400, code: "validationFailed" });
    expect(problem.detail).toContain(pointer);
    expect(problem.detail).toContain("half of a surrogate pair");
  });

  test.each([
    "/organisations/%ED%A0%BD",
    "/incidents?cursor=%ED%A0%BD",
    "/incidents/%ED%A0%BD",
    "/campaigns/%ED%A0%BD",
  ])("in the address %s is no failure of ours", async (path) => {
    expect((await call({ path, as: "operator-a" })).status).toBe(400);
  });
});

describe("an alert of Azure Monitor", () => {
  test.each<[string, unknown]>([
    ["a budget's, with nulls everywhere", budgetAlert()],
    ["one of 2 MB", metricAlert({ searchResults: "x".repeat(2_000_000) })],
    ["one in an unknown form", { schemaId: "ofTomorrow", data: [] }],
  ])("%s is taken", async (_, body) => {
    const { status, text } = await call({ method: "POST", path: "/alerts/azure-monitor", as: "azure-monitor", body });
    expect(status, text).toBe(200);
    expect(JSON.parse(text)).toEqual({ incident: "raised" });
  });

  test("of a deleted storage account has the severity of our contract, not the Sev4 that was sent", async () => {
    const body = administrativeAlert("storage-deleted", { alertId: "/alerts/storage-deleted" });
    await call({ method: "POST", path: "/alerts/azure-monitor", as: "azure-monitor", body });
    const { text } = await call({ path: "/incidents?severity=0", as: "operator-a" });
    expect(text).toContain("storage-deleted");
  });
});

describe("an organisation", () => {
  test.each(["UPPER", "a", "-x", "a--b", "x".repeat(51), "a%2Fb"])(
    "with the malformed id %s is refused",
    async (id) => {
      const { status, problem } = await call({ path: `/organisations/${id}`, as: "operator-a" });
      expect({ status, code: problem.code }).toEqual({ status: 400, code: "validationFailed" });
    },
  );

  test("that is unknown is named", async () => {
    const { problem } = await call({ path: "/organisations/unknown-one", as: "operator-a" });
    expect(problem.detail).toContain("unknown-one");
    const created = await create(campaign(["unknown-one"]));
    expect({ status: created.status, code: created.problem.code }).toEqual({
      status: 404,
      code: "organisationUnknown",
    });
  });

  test.each([
    ["an unknown zone", { timeZone: "Europe/Atlantis" }, "/body/timeZone", "IANA"],
    [
      "a window that never opens",
      { maintenanceWindow: { kind: "monthly", week: 5, weekday: "sunday", start: "02:00", durationMinutes: 240 } },
      "/body/maintenanceWindow/week",
      "in most months another week never comes",
    ],
    [
      "a window of 30 minutes",
      { maintenanceWindow: { kind: "weekly", weekdays: ["sunday"], start: "02:00", durationMinutes: 30 } },
      "/body/maintenanceWindow/durationMinutes",
      "at least 60 minutes",
    ],
    [
      "a window at 25 o'clock",
      { maintenanceWindow: { kind: "weekly", weekdays: ["sunday"], start: "25:00", durationMinutes: 240 } },
      "/body/maintenanceWindow/start",
      "such as 22:00",
    ],
    [
      "an address of the machine's own network",
      { platformUrl: "http://169.254.169.254" },
      "/body/platformUrl",
      "https URL",
    ],
    ["an address without a name", { platformUrl: "https://2852039166" }, "/body/platformUrl", "not an IP address"],
    ["a foreign host", { platformUrl: "https://docuware.cloud.evil.example" }, "/body/platformUrl", "*.docuware.cloud"],
    ["another scheme", { platformUrl: "file:///etc/passwd" }, "/body/platformUrl", "https URL"],
    ["a contact that is no address", { contacts: ["it at alpine"] }, "/body/contacts/0", "email"],
  ])("with %s is refused, and what was there stays", async (_, changes, pointer, message) => {
    await put("alpine-logistics", organisation());
    const before = await system.stored();
    const etag = (await call({ path: "/organisations/alpine-logistics", as: "operator-a" })).headers.get("etag") ?? "";
    const { status, problem } = await put("alpine-logistics", organisation(changes), { "if-match": etag });
    expect({ status, code: problem.code }).toEqual({ status: 400, code: "validationFailed" });
    expect(problem.errors).toEqual([{ pointer, message: expect.stringContaining(message) }]);
    expect((await put("never-registered", organisation(changes))).status).toBe(400);
    expect(await system.stored()).toEqual(before);
  });

  test("is replaced only by somebody who has read it", async () => {
    const path = "alpine-foods-x";
    expect((await put(path, organisation())).status).toBe(201);
    expect((await put(path, organisation())).status).toBe(200);
    const changed = organisation({ name: "Alpine" });
    expect((await put(path, changed)).problem.code).toBe("preconditionRequired");
    expect((await put(path, changed, { "if-match": "W/\"datetime'x'\"" })).problem.code).toBe("preconditionFailed");
    const read = await call({ path: `/organisations/${path}`, as: "operator-a" });
    expect((await put(path, changed, { "if-match": read.headers.get("etag") ?? "" })).status).toBe(200);
  });

  test("that is in a campaign cannot be put into a second one, nor be removed", async () => {
    await put("baltic-insurance", system.organisationBody(2));
    const first = await create(campaign(["baltic-insurance"]));
    expect(first.status).toBe(201);
    const second = await create(campaign(["baltic-insurance"]));
    expect({ status: second.status, code: second.problem.code }).toEqual({
      status: 409,
      code: "organisationInCampaign",
    });
    expect(second.problem.detail).toContain(first.problem.campaignId);
    const removed = await call({
      method: "DELETE",
      path: "/organisations/baltic-insurance",
      as: "operator-a",
      headers: { "if-match": "*" },
    });
    expect(removed.problem.code).toBe("organisationInCampaign");
    const aborted = await call({
      method: "POST",
      path: `/campaigns/${first.problem.campaignId}/abort`,
      as: "operator-a",
    });
    expect(aborted.status).toBe(200);
  });

  test("gets one campaign for the same Idempotency-Key, however often it is asked for", async () => {
    await put("cedar-foods", system.organisationBody(3));
    const once = (organisationId: string) => create(campaign([organisationId]), { "idempotency-key": "k-1" });
    const both = await Promise.all([once("cedar-foods"), once("cedar-foods")]);
    const again = await once("cedar-foods");
    expect(again.status).toBe(201);
    for (const { status, problem } of both)
      if (status === 201) expect(problem.campaignId).toBe(again.problem.campaignId);
    expect(both.map(({ status }) => status).filter((status) => status !== 201 && status !== 503)).toEqual([]);
    expect((await once("alpine-logistics")).problem.code).toBe("idempotencyKeyReused");
  });
});

test("a message that makes no sense ends in the dead-letter queue and disturbs nobody", async () => {
  const client = new ServiceBusClient(
    `Endpoint=sb://127.0.0.1:${ports["LOCAL_AMQP_PORT"]};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
  );
  try {
    await client.createSender("upgrade-steps").sendMessages([
      { body: { nonsense: true }, sessionId: "alpine-logistics", messageId: "bad-1" },
      {
        body: { campaignId: "c-none", organisationId: "alpine-logistics", poll: false },
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
