// Campaigns as operators, customers and other systems meet them, on one running local stack; each test goes on where the
// one before has ended.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { fleetMember } from "../../local/fleet.ts";
import { readCalendarText } from "../support/calendar-file.ts";
import { appointmentSchema, campaignDriver } from "../support/campaign-driver.ts";
import { customerDriver, linkIn, offeredBy, optionsOn } from "../support/customer-driver.ts";
import { localSystem, until } from "../support/local-system.ts";
import { portsFrom, startLocal, type SampleRun } from "../support/sample-run.ts";
import { startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

const system = localSystem(portsFrom(27_900));
const { call } = system;
const { post, create, start, campaignOf, upgradeOf, inState, upgradeInState } = campaignDriver(system);
const { mailTo, supportMail, eventIn } = customerDriver(system);
let run: SampleRun | undefined;
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  run = await startLocal(
    portsFrom(27_900),
    { CAMPAIGN_TICK_SECONDS: "0.5", UPGRADE_POLL_SECONDS: "0.5", UPGRADE_VERIFY_PAUSE_SECONDS: "1" },
    ["--speed", "4"],
  );
  for (let number = 1; number <= 8; number++) {
    const path = `/organisations/${fleetMember(number).organisationId}`;
    const { status, text } = await call({
      method: "PUT",
      path,
      as: "operator-a",
      body: system.organisationBody(number),
    });
    expect(status, text).toBe(201);
  }
  const subscribed = await post("/webhooks", { body: { url: receiver.url, eventTypes: "all" } });
  receiver.trust(z.object({ secret: z.string() }).parse(subscribed).secret);
});

afterAll(async () => {
  run?.stop();
  await run?.ended;
  await receiver.stop();
});

const german = "it@alpine-logistics.example";
const english = "it@baltic-insurance.example";

describe("an upgrade with four weeks' notice", () => {
  const body = {
    kind: "upgrade",
    version: "7.13.0.1",
    organisations: ["alpine-logistics", "baltic-insurance"],
    approvers: ["tool:release-manager"],
    rings: [{ ring: "broad", soakHours: 0 }],
  };
  let campaignId: string;
  /** Of the first announcement to each. */
  const announced = new Map<string, { readonly uid?: string; readonly start?: number }>();
  let chosen: string;

  test("is planned without a trace, created, approved and announced in both languages, with calendar files", async () => {
    const before = await system.stored();
    const plan = z
      .object({
        organisations: z.array(z.object({ organisationId: z.string(), appointment: appointmentSchema })),
        notices: z.object({ count: z.number(), approveBy: z.iso.datetime(), lastAcceptedAt: z.iso.datetime() }),
      })
      .parse(await post("/campaigns?dryRun=true", { body }));
    expect(await system.stored()).toEqual(before);
    expect(plan.notices.count).toBe(2);
    expect(Date.parse(plan.notices.approveBy)).toBeGreaterThan(Date.now() + 47 * 3_600_000);

    campaignId = await create(body);
    await post(`/campaigns/${campaignId}/approve`, { as: "release-manager" });
    await inState(campaignId, "announcing");
    for (const [to, words] of [
      [german, "DocuWare-Update am"],
      [english, "DocuWare update on"],
    ] as const) {
      const event = await eventIn(await mailTo(to, words));
      expect(event).toMatchObject({ method: "REQUEST", sequence: 0, status: "CONFIRMED" });
      announced.set(to, event);
    }
    for (const { organisationId, appointment } of plan.organisations) {
      const upgrade = await upgradeOf(campaignId, organisationId);
      expect(upgrade.appointment).toMatchObject({ wallStart: appointment.wallStart, start: appointment.start });
      expect(announced.get(`it@${organisationId}.example`)?.start).toBe(Date.parse(appointment.start));
      expect(Date.parse(appointment.noticeBy)).toBeGreaterThan(Date.now());
    }
  });

  test("gets another time by the link in the mail, which holds once, and the customer is told", async () => {
    const link = linkIn(await mailTo(german, "DocuWare-Update am"), "reschedule");
    const page = await offeredBy(link);
    expect(page).toContain("Anderen Termin wählen");
    [chosen = ""] = optionsOn(page);
    const send = (start: string) => fetch(link, { method: "POST", body: new URLSearchParams({ start }) });
    const done = await send(chosen);
    expect([done.status, (await done.text()).includes("Ihr neuer Termin steht fest")]).toEqual([200, true]);

    const { appointment } = await upgradeOf(campaignId, "alpine-logistics");
    expect(appointment?.wallStart).toBe(chosen);
    const changed = await eventIn(await mailTo(german, "Neuer Termin"));
    expect(changed).toMatchObject({ method: "REQUEST", sequence: 1, uid: announced.get(german)?.uid });
    expect(changed.start).toBe(Date.parse(appointment?.start ?? ""));
    expect(changed.start).not.toBe(announced.get(german)?.start);

    const again = await fetch(link);
    expect([again.status, (await again.text()).includes("Dieser Link gilt nicht mehr")]).toEqual([410, true]);
    expect((await send(optionsOn(page)[1] ?? "")).status).toBe(410);
    expect((await fetch(linkIn(await mailTo(german, "Neuer Termin"), "reschedule"))).status).toBe(200);
  });

  test("gets another time by an operator on the customer's behalf", async () => {
    const link = linkIn(await mailTo(english, "DocuWare update on"), "reschedule");
    const page = await offeredBy(link);
    expect(page).toContain("Choose another time");
    const [start] = optionsOn(page);
    const path = `/campaigns/${campaignId}/organisations/baltic-insurance/reschedule`;
    const { etag } = await upgradeOf(campaignId, "baltic-insurance");
    await post(path, { body: { start }, ifMatch: etag, as: "operator-b" });
    await post(path, { body: { start: chosen }, ifMatch: etag, as: "operator-b", refused: "preconditionFailed" });
    const changed = await eventIn(await mailTo(english, "New time"));
    expect(changed).toMatchObject({ method: "REQUEST", sequence: 1, uid: announced.get(english)?.uid });
  });

  test("is in the calendar to which the mail subscribes, with the new date", async () => {
    const link = linkIn(await mailTo(german, "DocuWare-Update am"), "calendar");
    const answer = await fetch(link);
    expect(answer.headers.get("content-type")).toContain("text/calendar");
    const { method, events } = readCalendarText(await answer.text());
    const { appointment } = await upgradeOf(campaignId, "alpine-logistics");
    const start = Date.parse(appointment?.start ?? "");
    const { uid } = announced.get(german) ?? {};
    expect({ method, events }).toEqual({
      method: "PUBLISH",
      events: [{ uid, sequence: 1, status: "CONFIRMED", start }],
    });
    const known = { "if-none-match": answer.headers.get("etag") ?? "" };
    expect((await fetch(link, { headers: known })).status).toBe(304);
  });

  test("is paused and given up; who was told is told that it will not be", async () => {
    await post(`/campaigns/${campaignId}/pause`, { ifMatch: (await campaignOf(campaignId)).etag });
    // Only the present state of a campaign is told: what is over in a moment may not be.
    await until("the webhook is told of the pause", async () => {
      await system.fire("send-webhooks");
      return receiver.received().find(({ type }) => type === "campaign.paused");
    });
    const csv = async (what: string) =>
      (await call({ method: "GET", path: `/campaigns/${campaignId}/${what}.csv`, as: "operator-a" })).text.split(
        "\r\n",
      );
    expect(await csv("progress")).toEqual([
      expect.stringMatching(/^scope,ring,scheduled,.*estimatedEnd\.high$/u),
      expect.stringMatching(/^campaign,,2,0,0,0,0,0,20\d\d-.*Z,20\d\d-.*Z,20\d\d-.*Z$/u),
      "ring,broad,2,0,0,0,0,0,,,",
      "",
    ]);
    expect(await csv("organisations")).toEqual([
      expect.stringMatching(/^organisationId,ring,/u),
      expect.stringMatching(/^alpine-logistics,broad,\S+,scheduled,/u),
      expect.stringMatching(/^baltic-insurance,broad,\S+,scheduled,/u),
      "",
    ]);
    const paused = await campaignOf(campaignId);
    expect(await post(`/campaigns/${campaignId}/abort?dryRun=true`, { as: "operator-b" })).toMatchObject({
      state: "aborted",
      organisations: ["alpine-logistics", "baltic-insurance"].map((organisationId) => ({
        organisationId,
        state: "scheduled",
        effect: "skipped",
        notices: [{ kind: "cancellation" }],
      })),
    });
    expect(paused.state).toBe("paused");
    expect(await campaignOf(campaignId)).toEqual(paused);
    await post(`/campaigns/${campaignId}/abort`, { as: "operator-b" });
    for (const [to, words] of [
      [german, "Abgesagt"],
      [english, "Cancelled"],
    ] as const) {
      const { uid } = announced.get(to) ?? {};
      const event = await eventIn(await mailTo(to, words));
      expect(event).toMatchObject({ method: "CANCEL", sequence: 2, status: "CANCELLED", uid });
    }
    const feed = await fetch(linkIn(await mailTo(german, "Neuer Termin"), "calendar"));
    expect(readCalendarText(await feed.text()).events).toMatchObject([{ sequence: 2, status: "CANCELLED" }]);
    expect((await campaignOf(campaignId)).counts).toMatchObject({ skipped: 2, scheduled: 0 });
  });
});

const hotfix = (version: string, organisations: readonly string[], changes: object) => ({
  kind: "hotfix",
  reason: { de: "Ein Fehler kann Dokumente unauffindbar machen.", en: "A fault may keep documents from being found." },
  version,
  organisations,
  approvers: ["tool:operator-b", "tool:release-manager"],
  rings: [{ ring: "all", soakHours: 0 }],
  ...changes,
});

/** Behind the code, its character number 300 is the first half of the emoji: what is stored of it must stay well-formed. */
const LONG_REASON = `${"disk is full ".padEnd(282, "x")}😀, see the log`;

const failing = (organisationId: string, operation: string) =>
  system.fault({
    organisationId,
    target: "controlPlane",
    operation,
    effect: "fail",
    times: 1,
    message: LONG_REASON,
  });

describe("a hotfix that fails", () => {
  const version = "7.12.1.101";
  const members = ["cedar-foods", "delta-engineering", "elbe-pharma", "fjord-energy"];
  let campaignId: string;

  test("pauses when its budget is used up, and support is told", async () => {
    for (const organisationId of ["cedar-foods", "delta-engineering"]) await failing(organisationId, "upgrade");
    campaignId = await start(hotfix(version, members, { failureBudget: 1 }));
    const paused = await inState(campaignId, "paused");
    expect(paused.pausedBecause).toBe("the failure budget of 1 is used up");
    expect(paused.counts).toMatchObject({ rolledBack: 1, underWay: 0, scheduled: 3 });
    const mail = await supportMail(`Campaign ${campaignId} has paused itself`);
    expect(mail.subject).toMatch(/^\[SEV1\]/u);
    expect(mail.plainText).toContain("the failure budget of 1 is used up");
    const incidents = z.object({ items: z.array(z.object({ incidentId: z.string(), kind: z.string() })) });
    const { json } = await call({ path: "/incidents?severity=1", as: "operator-a" });
    const found = incidents.parse(json).items.find(({ kind }) => kind === "campaignPaused");
    expect(found?.incidentId).toContain(campaignId);
    await post(`/incidents/${found?.incidentId}/acknowledge`, { as: "operator-b" });
  });

  test("is quarantined when it goes on failing: nobody starts it until two operators lift that", async () => {
    const budgets = "failureBudget=2&stampFailureBudget=2&ringFailureBudget=2";
    await post(`/campaigns/${campaignId}/resume?${budgets}`);
    const paused = await inState(campaignId, "paused");
    expect(paused.pausedBecause).toMatch(/^version 7\.12\.1\.101 is quarantined: 2 of 2 upgrades of ring all failed/u);
    const { json } = await call({ path: "/quarantines", as: "operator-a" });
    expect(json).toMatchObject({ items: [{ version, campaignId, lifts: [] }] });
    expect((await supportMail("cedar-foods is being brought back")).subject).toMatch(/^\[SEV1\]/u);

    await post("/campaigns", { body: hotfix(version, ["granit-textiles"], {}), refused: "versionQuarantined" });
    await post(`/campaigns/${campaignId}/resume`, { refused: "versionQuarantined" });
    await post(`/quarantines/${version}/lift`);
    await post(`/quarantines/${version}/lift`);
    await post(`/campaigns/${campaignId}/resume`, { refused: "versionQuarantined" });
    await post(`/quarantines/${version}/lift`, { as: "operator-b" });
    await post(`/campaigns/${campaignId}/resume?${budgets.replaceAll("=2", "=5")}`);
    expect((await inState(campaignId, "completed")).counts).toMatchObject({ succeeded: 2, rolledBack: 2 });
    for (const [position, organisationId] of members.entries()) {
      const expected = { availability: "online", version: position < 2 ? "7.12.1.100" : version };
      expect(await system.simulated(organisationId)).toMatchObject(expected);
    }
  });
});

describe("operators", () => {
  const version = "7.12.1.102";
  let campaignId: string;

  test("bring back an organisation whose upgrade takes too long", async () => {
    const slow = { organisationId: "granit-textiles", target: "controlPlane", operation: "upgrade", effect: "slow" };
    await system.fault({ ...slow, delayMs: 3_600_000, times: 1 });
    await failing("harbor-publishing", "upgrade");
    await failing("harbor-publishing", "restore");
    campaignId = await start(hotfix(version, ["granit-textiles", "harbor-publishing"], { maxInFlight: 2 }));
    const { etag } = await upgradeInState(campaignId, "granit-textiles", "upgrading");
    await post(`/campaigns/${campaignId}/organisations/granit-textiles/force-roll-back`, { ifMatch: etag });
    const { history = [] } = await upgradeInState(campaignId, "granit-textiles", "rolledBack");
    const by = { to: "restoring", by: "tool:operator-a", reason: "undone by an operator" };
    expect(history).toContainEqual(expect.objectContaining(by));
    const seen = await system.simulated("granit-textiles");
    expect(seen).toMatchObject({ availability: "online", version: "7.12.1.100" });
  });

  test("are paged when a roll-back fails, and try it again", async () => {
    const { failure } = await upgradeInState(campaignId, "harbor-publishing", "needsHuman");
    expect(failure).toContain("disk is full");
    expect((await system.simulated("harbor-publishing")).availability).toBe("offline");
    const mail = await supportMail("harbor-publishing is offline: its roll-back failed");
    expect(mail.subject).toMatch(/^\[SEV0\]/u);
    expect(mail.plainText).toContain("disk is full");
    const { etag } = await upgradeOf(campaignId, "harbor-publishing");
    await post(`/campaigns/${campaignId}/organisations/harbor-publishing/retry`, { ifMatch: etag, as: "operator-b" });
    await upgradeInState(campaignId, "harbor-publishing", "rolledBack");
    expect(await system.simulated("harbor-publishing")).toMatchObject({
      availability: "online",
      version: "7.12.1.100",
    });
    await inState(campaignId, "completed");
  });
});

test("another system got every event, signed, in order, once", async () => {
  const ended = () => receiver.received().filter(({ type }) => /^campaign\.(?:completed|aborted)$/u.test(type));
  await until("the end of three campaigns at the webhook", async () => {
    await system.fire("send-webhooks");
    return ended().length === 3 ? true : undefined;
  });
  expect(receiver.refused()).toEqual([]);
  const received = receiver.received();
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
  const [upgrade, failed, steered] = ended().map(({ data }) => data.campaignId);
  const story = (campaignId: string | undefined, organisationId?: string): readonly string[] =>
    received
      .filter(({ data }) => data.campaignId === campaignId && data.organisationId === organisationId)
      .map(({ type }) => type.replace(/^\w+\./u, ""));
  expect(story(upgrade)).toEqual(["announcing", "paused", "aborted"]);
  expect(story(upgrade, "alpine-logistics")).toEqual(["scheduled", "skipped"]);
  expect(story(failed)).toEqual(["started", "paused", "started", "paused", "started", "completed"]);
  expect(story(failed, "cedar-foods")).toEqual(["started", "rollingBack", "rolledBack"]);
  expect(story(failed, "fjord-energy")).toEqual(["started", "succeeded"]);
  expect(story(steered, "harbor-publishing").slice(0, 3)).toEqual(["started", "rollingBack", "needsHuman"]);
  expect(story(steered, "harbor-publishing").at(-1)).toBe("rolledBack");
});

/** Which endpoint a call meets, and what its path names, by the published description of the API. */
async function endpointOf() {
  const description = z.object({
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string().optional() }))),
  });
  const { paths } = description.parse((await call({ path: "/openapi.json" })).json);
  const endpoints = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { operationId = "" }]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${template.replaceAll(/\{(\w+)\}/gu, "(?<$1>[^/]+)")}$`, "u"),
      name: operationId.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`),
    })),
  );
  return (method: string, path: string) => {
    const bare = path.replace(/\?.*$/u, "");
    const found = endpoints.find((one) => one.method === method && matched(one.pattern, bare) !== null);
    return { action: found?.name, target: { ...matched(found?.pattern ?? /^$/u, bare)?.groups } };
  };
}
const matched = (pattern: RegExp, path: string) => pattern.exec(path) ?? pattern.exec(`/api${path}`);

test("the audit log names who did each of these things, and how it ended; customers' choices, too", async () => {
  const entry = z.object({
    actor: z.string(),
    action: z.string(),
    target: z.record(z.string(), z.string()),
    outcome: z.string(),
    status: z.number().optional(),
    concludedAt: z.string().optional(),
  });
  const { json } = await call({ path: "/audit/events?limit=500", as: "auditor" });
  const { items } = z.object({ items: z.array(entry) }).parse(json);
  const asText = ({ actor, action, target, outcome, status, concludedAt }: z.output<typeof entry>): string =>
    `${actor} ${action} ${JSON.stringify(target)} ${outcome} ${status} ${concludedAt === undefined ? "open" : "ended"}`;
  const whichEndpoint = await endpointOf();
  const expected = system.sent().map(({ as, method, path, status }) => {
    const { action = "unknown", target } = whichEndpoint(method, path);
    const outcome = status < 400 ? "succeeded" : "refused";
    return asText({ actor: `tool:${as}`, action, target, outcome, status, concludedAt: "some time" });
  });
  const [customers, tools] = [
    items.filter(({ actor }) => actor.startsWith("customer:")),
    items.filter(({ actor, action }) => actor.startsWith("tool:") && action !== "list-audit-events"),
  ];
  expect(expected.length).toBeGreaterThan(25);
  expect(tools.map(asText).toSorted()).toEqual(expected.toSorted());
  // One choice, and one after it by the same link.
  expect(customers.map(({ action, outcome }) => [action, outcome])).toEqual([
    ["submit-reschedule", "refused"],
    ["submit-reschedule", "succeeded"],
  ]);
});
