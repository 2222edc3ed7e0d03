// Wrong requests about campaigns, upgrades, quarantines, freezes, webhooks and customers' links, at the running system:
// each a problem that says what to do, and not one row of any table has changed.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import localSettings from "../../local.settings.sample.json" with { type: "json" };
import { linkKeysSchema } from "../../shared/customer-links/link-keys.ts";
import { signLink } from "../../shared/customer-links/signed-link.ts";
import { localSystem, until, type Call } from "../support/local-system.ts";
import { portsFrom, startLocal, type SampleRun } from "../support/sample-run.ts";

const ports = portsFrom(27_800);
const system = localSystem(ports);
const { call } = system;
let run: SampleRun | undefined;
/** Announced, to alpine-logistics: what is refused must leave it alone. */
let announced: string;
/** A draft, of baltic-insurance. */
let draft: string;

const DAY_MS = 86_400_000;
const KEYS = linkKeysSchema.parse(localSettings.Values.LINK_KEYS);
/** By day: a night in which the clocks go back makes one hour two. */
const SHORT = { kind: "weekly", weekdays: ["sunday"], start: "12:00", durationMinutes: 60 };

const post = (path: string, body?: unknown, as = "operator-a") => call({ method: "POST", path, as, body });

async function made(body: object): Promise<string> {
  const { status, problem, text } = await post("/campaigns", body);
  expect(status, text).toBe(201);
  return problem.campaignId ?? "";
}

const upgrade = (changes: object = {}) => ({
  kind: "upgrade",
  version: "7.13.0.1",
  organisations: ["cedar-foods", "delta-engineering"],
  approvers: ["tool:release-manager"],
  ...changes,
});

const REASON = {
  de: "Ein Fehler kann Dokumente unauffindbar machen.",
  en: "A fault may keep documents from being found.",
};

beforeAll(async () => {
  run = await startLocal(ports, { CAMPAIGN_TICK_SECONDS: "0.5" });
  const members = ["alpine-logistics", "baltic-insurance", "cedar-foods", "delta-engineering"];
  const register = (organisationId: string, body: object) =>
    call({ method: "PUT", path: `/organisations/${organisationId}`, as: "operator-a", body });
  for (const [index, organisationId] of members.entries())
    expect((await register(organisationId, system.organisationBody(index + 1))).status).toBe(201);
  expect((await register("elbe-pharma", system.organisationBody(5, { maintenanceWindow: SHORT }))).status).toBe(201);
  expect((await register("nobody-runs-it", system.organisationBody(12))).status).toBe(201);
  announced = await made(upgrade({ organisations: ["alpine-logistics"] }));
  expect((await post(`/campaigns/${announced}/approve`, undefined, "release-manager")).status).toBe(200);
  draft = await made({
    ...upgrade({ kind: "hotfix", reason: REASON, version: "7.12.1.101", organisations: ["baltic-insurance"] }),
    approvers: ["tool:operator-b", "tool:release-manager"],
  });
  expect((await post(`/campaigns/${draft}/approve`, undefined, "operator-b")).status).toBe(200);
  await settled(1);
});

/** So many notices that told a date are accepted, and nothing is written any more: the campaign sleeps. */
async function settled(accepted: number): Promise<void> {
  let before: readonly string[] = [];
  await until(`${accepted} notices are accepted, and the campaign sleeps`, async () => {
    const rows = await system.stored();
    const mine = rows.filter((row) => row.includes(announced));
    const isTold = mine.filter((row) => row.startsWith("Notices") && row.includes('"accepted"')).length === accepted;
    if (!isTold) await system.fire("send-due-notices");
    const isQuiet = mine.some((row) => row.includes("sleepsUntil")) && rows.join() === before.join();
    before = rows;
    return isTold && isQuiet ? true : undefined;
  });
}

afterAll(async () => {
  run?.stop();
  await run?.ended;
});

interface Refused {
  readonly status: number;
  readonly code: string;
  /** What the detail, or the error of one field, says. */
  readonly says: readonly string[];
}

/** The call is refused like this, and no row of any table has changed. */
async function refused(of: Call, { status, code, says }: Refused): Promise<void> {
  const before = await system.stored();
  const answer = await call({ as: "operator-a", method: "POST", ...of });
  const { problem } = answer;
  expect({ status: answer.status, code: problem.code }, answer.text).toEqual({ status, code });
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  const told = [problem.detail, ...(problem.errors ?? []).map((one) => `${one.pointer} ${one.message}`)].join("\n");
  for (const words of says) expect(told).toContain(words);
  expect(await system.stored()).toEqual(before);
}

const invalid = (...says: readonly string[]): Refused => ({ status: 400, code: "validationFailed", says });
const impossible = (...says: readonly string[]): Refused => ({ status: 409, code: "campaignImpossible", says });
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const ring = (name: string, changes: object = {}) => ({ ring: name, soakHours: 0, ...changes });

describe("a campaign", () => {
  test.each<[string, object, Refused]>([
    [
      "without an approver",
      { approvers: undefined },
      invalid("/body/approvers", "at least 1 different person or tool"),
    ],
    [
      "whose author approves",
      { approvers: ["tool:operator-a"] },
      invalid("/body/approvers", "the author never approves"),
    ],
    [
      "for a hotfix, with one approver",
      { kind: "hotfix", reason: REASON },
      invalid("/body/approvers", "at least 2 different people"),
    ],
    ["for a hotfix, without a reason", { kind: "hotfix" }, invalid("/body/reason", "why a hotfix cannot wait")],
    ["for an upgrade, with a reason", { reason: REASON }, invalid("/body/reason", "an upgrade has none")],
    [
      "for a hotfix, with a reason of two lines",
      { kind: "hotfix", reason: { ...REASON, en: "One line.\nAnother line." } },
      invalid("/body/reason/en", "one paragraph"),
    ],
    [
      "for a hotfix, with one approver named twice",
      { kind: "hotfix", reason: REASON, approvers: ["tool:operator-b", "tool:operator-b"] },
      invalid("/body/approvers", "at least 2 different people"),
    ],
    ["with an approver who is no actor", { approvers: ["Anna"] }, invalid("/body/approvers/0", "tool:CLIENT-ID")],
    ["with a budget of 0", { failureBudget: 0 }, invalid("/body/failureBudget", ">=1")],
    [
      "with a ring's budget of 0",
      { rings: [ring("all", { failureBudget: 0 })] },
      invalid("/body/rings/0/failureBudget"),
    ],
    ["with nobody under way", { maxInFlight: 0 }, invalid("/body/maxInFlight")],
    [
      "of a release older than what an organisation has",
      { version: "7.11.0.1" },
      impossible("cedar-foods (it has 7.12.1.100, which is newer than 7.11.0.1)", "Leave these organisations out"),
    ],
    [
      "of a release that an organisation has",
      { version: "7.12.1.100" },
      impossible("delta-engineering (it has 7.12.1.100 already)"),
    ],
    ["of something that is no version", { version: "latest" }, invalid("/body/version", "such as 7.13.0.42")],
    [
      "whose ring names a stranger",
      { rings: [ring("canary", { organisations: ["fjord-energy"] }), ring("broad")] },
      invalid("ring canary names fjord-energy, which is not in this campaign"),
    ],
    [
      "that puts somebody into two rings",
      { rings: [ring("a", { organisations: ["cedar-foods"] }), ring("b", { organisations: ["cedar-foods"] })] },
      invalid("cedar-foods is in two rings"),
    ],
    [
      "whose rings share more than there is",
      { rings: [ring("a", { percent: 60 }), ring("b", { percent: 60 })] },
      invalid("/body/rings", "add up to 120, at most 100"),
    ],
    ["that names a ring twice", { rings: [ring("a"), ring("a")] }, invalid("/body/rings", "each ring once")],
    [
      "that must end before anybody can be told four weeks ahead",
      { notAfter: inDays(20) },
      impossible("cedar-foods", "can be announced 28 days ahead any more; the first possible one opens"),
    ],
    ["that ends before it begins", { notBefore: inDays(60), notAfter: inDays(50) }, invalid("/body/notAfter")],
    [
      "that ends before it begins, seen from another zone",
      { notBefore: "2027-03-01T05:00:00+00:00", notAfter: "2027-03-01T06:00:00+09:00" },
      invalid("/body/notAfter", "must be after notBefore"),
    ],
    [
      "of an organisation whose windows are too short",
      { organisations: ["elbe-pharma"] },
      impossible("elbe-pharma", "60 min at most, 120 min needed"),
    ],
    [
      "of an organisation that DocuWare Cloud does not run",
      { organisations: ["nobody-runs-it"] },
      impossible("nobody-runs-it", "control plane does not know it"),
    ],
    [
      "of an organisation that is in another one",
      { organisations: ["baltic-insurance", "cedar-foods"] },
      { status: 409, code: "organisationInCampaign", says: ["baltic-insurance", "skip them there"] },
    ],
    ["with a word too many", { soak: 3 }, invalid("soak")],
  ])("%s is refused, also as a dry run", async (_, changes, expected) => {
    await refused({ path: "/campaigns", body: upgrade(changes) }, expected);
    await refused({ path: "/campaigns?dryRun=true", body: upgrade(changes) }, expected);
  });
});

describe("approving", () => {
  test.each<[string, string, Refused]>([
    ["by somebody who is not named", "internal-tool", { status: 403, code: "roleMissing", says: ["Upgrades.Manage"] }],
    [
      "by the author",
      "operator-a",
      { status: 403, code: "notAnApprover", says: ["tool:operator-b, tool:release-manager only"] },
    ],
  ])("%s is refused", async (_, as, expected) => {
    await refused({ path: `/campaigns/${draft}/approve`, as }, expected);
    await refused({ path: `/campaigns/${draft}/approve?dryRun=true`, as }, expected);
  });

  test("once more, because the answer was lost, is answered as the first time and changes nothing", async () => {
    const before = await system.stored();
    const { status } = await post(`/campaigns/${announced}/approve`, undefined, "release-manager");
    expect(status).toBe(200);
    expect(await system.stored()).toEqual(before);
  });
});

const STALE = { "if-match": "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"" };

describe("steering", () => {
  test.each<[string, string, Partial<Call>, Refused]>([
    ["resume", "/campaigns/:a/resume", {}, { status: 409, code: "wrongState", says: ["is announcing"] }],
    ["pause of a draft", "/campaigns/:d/pause", {}, { status: 409, code: "wrongState", says: ["is draft"] }],
    [
      "abort by somebody who saw another state",
      "/campaigns/:a/abort",
      { headers: STALE },
      { status: 412, code: "preconditionFailed", says: ["Read it again"] },
    ],
    ["of no campaign", "/campaigns/c-none/pause", {}, { status: 404, code: "campaignUnknown", says: ["c-none"] }],
    [
      "retry of what has not failed",
      "/campaigns/:a/organisations/alpine-logistics/retry",
      {},
      { status: 409, code: "wrongState", says: ["is scheduled"] },
    ],
    [
      "force-roll-back of what has not started",
      "/campaigns/:a/organisations/alpine-logistics/force-roll-back",
      {},
      { status: 409, code: "wrongState", says: ["is scheduled"] },
    ],
    [
      "skip by somebody who saw another state",
      "/campaigns/:a/organisations/alpine-logistics/skip",
      { headers: STALE },
      { status: 412, code: "preconditionFailed", says: ["Read it again"] },
    ],
    [
      "skip of nobody in the campaign",
      "/campaigns/:a/organisations/cedar-foods/skip",
      {},
      { status: 404, code: "upgradeUnknown", says: ["cedar-foods"] },
    ],
    [
      "another date outside the windows",
      "/campaigns/:a/organisations/alpine-logistics/reschedule",
      { body: { start: "2027-06-02T11:00" } },
      { status: 409, code: "notOffered", says: ["cannot be at that time"] },
    ],
    [
      "another date that the calendar does not have",
      "/campaigns/:a/organisations/alpine-logistics/reschedule",
      { body: { start: "2027-02-30T22:00" } },
      { status: 409, code: "notOffered", says: ["2027-04-10T22:00"] },
    ],
    [
      "another mail of a notice that arrived",
      "/campaigns/:a/organisations/alpine-logistics/notices/announcement/0/resend",
      { body: { recipients: ["it@alpine-logistics.example"] } },
      { status: 409, code: "wrongState", says: ["only one that failed or bounced"] },
    ],
    [
      "lifting a version that is not quarantined",
      "/quarantines/7.13.0.1/lift",
      {},
      { status: 409, code: "notInQuarantine", says: ["GET /api/quarantines"] },
    ],
  ])("%s is refused", async (_, path, changes, expected) => {
    await refused({ ...changes, path: path.replace(":a", announced).replace(":d", draft) }, expected);
  });
});

describe("a freeze", () => {
  const freeze = (changes: object = {}) => ({
    method: "PUT",
    path: "/freezes/too-long",
    body: {
      reason: "Year-end closing",
      scope: { kind: "global" },
      period: { kind: "once", zone: "Europe/Berlin", from: "2027-01-01T00:00", to: "2027-12-31T00:00" },
      ...changes,
    },
  });

  test("that leaves too few windows is refused, and names whom", () =>
    refused(freeze(), { status: 409, code: "tooFewWindows", says: ["alpine-logistics", "Shorten the freeze"] }));

  test.each<[string, object, Refused]>([
    ["of nobody", { scope: { kind: "organisation", organisationId: "not-there" } }, invalid("/body/scope")],
    [
      "in an unknown zone",
      { period: { kind: "yearly", zone: "Mars/Olympus", from: "12-15", to: "01-06" } },
      invalid("/body/period/zone"),
    ],
    [
      "on a day that no calendar has",
      { period: { kind: "yearly", zone: "Europe/Berlin", from: "02-30", to: "03-01" } },
      invalid("/body/period/from"),
    ],
  ])("%s is refused", (_, changes, expected) => refused(freeze(changes), expected));
});

test.each([
  "https://10.0.0.7/hook",
  "https://169.254.169.254/metadata/instance",
  "https://[::1]/hook",
  "https://2130706433/hook",
  "https://localhost/hook",
  "http://192.168.1.1/hook",
  "https://hooks.example.com:8443/hook",
  "https://user:secret@hooks.example.com/hook",
])("a webhook to %s is refused", (url) =>
  refused({ path: "/webhooks", body: { url, eventTypes: "all" } }, invalid("/body/url", "must")),
);

describe("a customer's link", () => {
  const linkOf = async (kind: "reschedule" | "calendar"): Promise<string> => {
    const [mail] = await system.mailsTo("it@alpine-logistics.example");
    const found = new RegExp(`http://\\S+/${kind}\\?token=\\S+`, "u").exec(mail?.plainText ?? "")?.[0];
    if (found === undefined) throw new Error(`The mail has no ${kind} link:\n${mail?.plainText}`);
    return found;
  };
  /** The page that opening the link, and sending its form, answers, and that nothing has changed. */
  const refusedPage = async (url: string, start: string): Promise<{ status: number; text: string }> => {
    const before = await system.stored();
    const body = new URLSearchParams({ start });
    const answers = [await fetch(url), await fetch(url, { method: "POST", body })];
    for (const answer of answers) expect(answer.headers.get("content-type")).toContain("text/html");
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    expect(await system.stored()).toEqual(before);
    expect(answers[1]?.status).toBe(answers[0]?.status);
    return { status: answers[0]?.status ?? 0, text: pages[0] ?? "" };
  };
  const firstOption = (page: string): string => /type="radio"[^>]*value="([^"]+)"/u.exec(page)?.[1] ?? "none";
  const payload = () => ({
    purpose: "reschedule" as const,
    campaignId: announced,
    organisationId: "alpine-logistics",
    sequence: 0,
    expiresAt: Date.now() - 1000,
  });

  test("that is expired, altered or for another purpose is refused in both languages; used twice, it says so", async () => {
    const link = await linkOf("reschedule");
    const page = await (await fetch(link)).text();
    const start = firstOption(page);
    const at = (token: string): string => link.replace(/[^=]+$/u, token);

    const expired = await refusedPage(at(signLink(KEYS, payload())), start);
    expect(expired).toMatchObject({ status: 410, text: expect.stringContaining("Dieser Link ist abgelaufen") });
    expect(expired.text).toContain("This link has expired");

    const letter = link.at(-20) === "A" ? "B" : "A";
    const altered = await refusedPage(`${link.slice(0, -20)}${letter}${link.slice(-19)}`, start);
    expect(altered).toMatchObject({ status: 404, text: expect.stringContaining("This link is not valid") });

    const calendar = await linkOf("calendar");
    const other = await refusedPage(at(calendar.replace(/^.*=/u, "")), start);
    expect(other).toMatchObject({ status: 404, text: expect.stringContaining("This link is for something else") });

    const gone = new URLSearchParams({ start: "2027-06-02T11:00" });
    const before = await system.stored();
    expect((await fetch(link, { method: "POST", body: gone })).status).toBe(409);
    expect((await fetch(link, { method: "POST", body: new URLSearchParams() })).status).toBe(400);
    expect(await system.stored()).toEqual(before);

    const used = await fetch(link, { method: "POST", body: new URLSearchParams({ start }) });
    expect([used.status, (await used.text()).includes("Ihr neuer Termin steht fest")]).toEqual([200, true]);
    await settled(2);
    const second = await refusedPage(link, firstOption(page.slice(page.indexOf(start))));
    expect(second).toMatchObject({ status: 410, text: expect.stringContaining("Dieser Link gilt nicht mehr") });
  });

  test("to the calendar does not take another one", async () => {
    const link = await linkOf("calendar");
    const token = (await linkOf("reschedule")).replace(/^.*=/u, "");
    const answer = await fetch(link.replace(/[^=]+$/u, token));
    expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ code: "linkUnknown" })]);
  });
});
