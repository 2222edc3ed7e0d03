import { createHash, createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmailClient, type EmailMessage } from "@azure/communication-email";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { MAIL_ACCESS_KEY } from "../../../local/mail/access-key.ts";
import { startMailSink, type MailSink, type MailSinkOptions } from "../../../local/mail/sink.ts";

const FIRST = "11111111-1111-4111-8111-111111111111";
const SECOND = "22222222-2222-4222-8222-222222222222";

const listSchema = z.object({
  total: z.number(),
  mails: z.array(z.looseObject({ operationId: z.string(), subject: z.string(), to: z.array(z.string()) })),
});
const mailSchema = z.looseObject({
  plainText: z.string(),
  html: z.string(),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string(), bytes: z.number(), file: z.string() })),
});

const sample: EmailMessage = {
  senderAddress: "operations@mail.example",
  content: { subject: "Upgrade on 12 May, 22:00", plainText: "Dear customer", html: "<p>Dear customer</p>" },
  recipients: { to: [{ address: "it@one.example", displayName: "Jörg" }] },
  attachments: [
    {
      name: "upgrade.ics",
      contentType: "text/calendar; method=REQUEST",
      contentInBase64: Buffer.from("BEGIN:VCALENDAR").toString("base64"),
    },
  ],
};

let dataDir: string;
let sink: MailSink;
let now: number;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "mail-"));
  now = Date.now();
  await start();
});
afterEach(async () => {
  await sink.stop();
  rmSync(dataDir, { recursive: true });
});

async function start(options: Partial<MailSinkOptions> = {}): Promise<void> {
  sink = await startMailSink({ port: 0, dataDir, processingMs: 0, ...options });
}

const client = (connectionString = sink.connectionString) =>
  new EmailClient(connectionString, { retryOptions: { maxRetries: 0 }, allowInsecureConnection: true });

/** Signs as the SDK does, by hand, so that a test can bend one part of it. */
function sendSigned(
  signedBody: string,
  sentBody: string,
  date: Date,
  extra: Record<string, string> = {},
): Promise<Response> {
  const target = "/emails:send?api-version=2025-09-01";
  const hash = createHash("sha256").update(signedBody).digest("base64");
  const text = `POST\n${target}\n${date.toUTCString()};${new URL(sink.url).host};${hash}`;
  const signature = createHmac("sha256", Buffer.from(MAIL_ACCESS_KEY, "base64")).update(text).digest("base64");
  const headers = {
    ...extra,
    "x-ms-date": date.toUTCString(),
    "x-ms-content-sha256": hash,
    Authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
  };
  return fetch(sink.url + target, { method: "POST", headers, body: sentBody });
}

async function send(message: EmailMessage = sample, operationId = FIRST) {
  const poller = await client().beginSend(message, { operationId, updateIntervalInMs: 10 });
  return poller.pollUntilDone({ abortSignal: AbortSignal.timeout(10_000) });
}

const list = async (query = "") => listSchema.parse(await (await fetch(`${sink.url}/_sink/mails${query}`)).json());

const setFaults = (body: unknown) => fetch(`${sink.url}/_sink/faults`, { method: "POST", body: JSON.stringify(body) });

describe("mail sink, through the official SDK", () => {
  test("takes a mail and keeps text, HTML and attachment byte for byte", async () => {
    expect(await send()).toMatchObject({ id: FIRST, status: "Succeeded" });
    expect((await list()).mails).toMatchObject([{ operationId: FIRST, to: ["it@one.example"] }]);
    const mail = mailSchema.parse(await (await fetch(`${sink.url}/_sink/mails/${FIRST}`)).json());
    expect(mail).toMatchObject({ plainText: "Dear customer", html: "<p>Dear customer</p>" });
    expect(mail.attachments).toMatchObject([{ contentType: "text/calendar; method=REQUEST", bytes: 15 }]);
    const attachment = await fetch(`${sink.url}/_sink/mails/${FIRST}/attachments/0`);
    expect(await attachment.text()).toBe("BEGIN:VCALENDAR");
    expect(attachment.headers.get("content-disposition")).toMatch(/^attachment/u);
    const eml = readFileSync(join(dataDir, `000000001-${FIRST}`, "message.eml"), "utf8");
    expect(eml).toContain("To: =?UTF-8?B?SsO2cmc=?= <it@one.example>\r\n");
    expect(eml).toContain("Content-Type: text/calendar; method=REQUEST\r\n");
  });

  test("is Running at first, then Succeeded", async () => {
    await sink.stop();
    await start({ processingMs: 60_000, now: () => now });
    const poller = await client().beginSend(sample, { operationId: FIRST, updateIntervalInMs: 10 });
    expect(poller.getOperationState().status).toBe("running");
    now += 60_000;
    await poller.poll();
    expect(poller.getOperationState().status).toBe("succeeded");
  });

  test("the same operation id is one mail, also after a restart and with two sends at once", async () => {
    await Promise.all([send(), send()]);
    await sink.stop();
    await start();
    expect(await send()).toMatchObject({ id: FIRST, status: "Succeeded" });
    await send(sample, SECOND);
    expect((await list()).total).toBe(2);
    expect(readdirSync(dataDir)).toEqual([`000000001-${FIRST}`, `000000002-${SECOND}`]);
  });

  test("what was half written when the process died is not a mail", async () => {
    await send();
    await sink.stop();
    mkdirSync(join(dataDir, `000000002-${SECOND}.tmp`));
    await start();
    expect((await list()).total).toBe(1);
    expect(readdirSync(dataDir)).toEqual([`000000001-${FIRST}`]);
  });

  test("a wrong access key is refused with 401", async () => {
    const wrong = `endpoint=${sink.url}/;accesskey=${Buffer.from("guess").toString("base64")}`;
    await expect(client(wrong).beginSend(sample)).rejects.toMatchObject({ statusCode: 401, code: "Denied" });
    expect((await list()).total).toBe(0);
  });

  test("an unsigned request, a tampered body and an old signature are refused with 401", async () => {
    const unsigned = await fetch(`${sink.url}/emails/operations/${FIRST}?api-version=2025-09-01`);
    expect(unsigned.status).toBe(401);
    const body = JSON.stringify(sample);
    const hourAgo = new Date(Date.now() - 3_600_000);
    expect((await sendSigned(body, body.replace("one", "two"), new Date())).status).toBe(401);
    expect((await sendSigned(body, body, hourAgo)).status).toBe(401);
    expect((await sendSigned(body, body, new Date())).status).toBe(202);
    expect((await list()).total).toBe(1);
  });

  test.each<[string, EmailMessage, string]>([
    ["senderAddress", { ...sample, senderAddress: "Operations <operations@mail.example>" }, "senderAddress"],
    ["recipients", { ...sample, recipients: { to: [] } }, "recipients"],
    ["an address", { ...sample, recipients: { to: [{ address: "nobody" }] } }, "recipients.to[0].address"],
    ["content", { ...sample, content: { subject: "Empty", plainText: "" } }, "content"],
    [
      "an attachment",
      { ...sample, attachments: [{ name: "a", contentType: "text/plain", contentInBase64: "%%" }] },
      "attachments[0].contentInBase64",
    ],
  ])("an invalid %s is refused with the property's name", async (_case, message, property) => {
    await expect(client().beginSend(message)).rejects.toMatchObject({
      statusCode: 400,
      code: "BadRequest",
      message: expect.stringContaining(`See property '${property}'`),
    });
  });

  test("an operation id that is no UUID is refused, an unknown mail is not found", async () => {
    const body = JSON.stringify(sample);
    expect((await sendSigned(body, body, new Date(), { "Operation-Id": "../one" })).status).toBe(400);
    expect((await sendSigned(body, body, new Date(), { "Operation-Id": FIRST })).status).toBe(202);
    expect((await fetch(`${sink.url}/_sink/mails/${FIRST}`)).status).toBe(200);
    expect((await fetch(`${sink.url}/_sink/mails/${SECOND}`)).status).toBe(404);
  });

  test("beyond the quota of a minute the answer is 429 with the wait, a repeat costs nothing", async () => {
    await sink.stop();
    await start({ quota: { perMinute: 1, perHour: 10 }, now: () => now });
    await send();
    await send();
    now += 20_000;
    const refusal = client().beginSend(sample, { operationId: SECOND });
    await expect(refusal).rejects.toMatchObject({ statusCode: 429, response: { headers: expect.anything() } });
    const retryAfter = await refusal.catch((error: unknown) => z.instanceof(Error).parse(error).message);
    expect(retryAfter).toContain("40 seconds");
    now += 40_000;
    expect(await send(sample, SECOND)).toMatchObject({ status: "Succeeded" });
  });

  test("the quota counts across a restart", async () => {
    await send();
    await sink.stop();
    await start({ quota: { perMinute: 1, perHour: 10 } });
    await expect(client().beginSend(sample, { operationId: SECOND })).rejects.toMatchObject({ statusCode: 429 });
  });

  test("faults: an address fails once, sends are throttled n times, a bad fault is explained", async () => {
    const faults = [
      { effect: "fail", address: "IT@one.example", times: 1 },
      { effect: "throttle", times: 2, retryAfterSeconds: 7 },
    ];
    expect((await setFaults(faults)).status).toBe(200);
    await expect(send()).rejects.toMatchObject({ statusCode: 429 });
    await expect(send()).rejects.toMatchObject({ statusCode: 429 });
    await expect(send()).rejects.toThrow(/EmailDroppedAllRecipientsSuppressed/u);
    expect(await send(sample, SECOND)).toMatchObject({ status: "Succeeded" });
    const bad = await setFaults({ effect: "explode" });
    expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining("effect")]);
  });

  test("DELETE clears the faults", async () => {
    await setFaults({ effect: "throttle", times: 5 });
    await fetch(`${sink.url}/_sink/faults`, { method: "DELETE" });
    expect(await send()).toMatchObject({ status: "Succeeded" });
  });

  test("mails are found by recipient", async () => {
    await send();
    await send({ ...sample, recipients: { to: [{ address: "it@two.example" }] } }, SECOND);
    expect((await list("?to=IT@two.example")).mails).toMatchObject([{ operationId: SECOND }]);
    expect((await fetch(`${sink.url}/_sink/mails?limit=many`)).status).toBe(400);
  });

  test("pages show mails and escape what came with them", async () => {
    const subject = `<script>alert("1")</script>`;
    const html = `<b class="x">hi</b>`;
    await send({ ...sample, content: { subject, plainText: "a < b", html } });
    const index = await fetch(sink.url);
    expect(index.headers.get("content-security-policy")).toContain("default-src 'none'");
    const pages = [await index.text(), await (await fetch(`${sink.url}/mails/${FIRST}`)).text()];
    for (const page of pages) {
      expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
      expect(page).not.toContain("<script");
      expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//u);
    }
    expect(pages[1]).toContain("a &lt; b");
    expect(pages[1]).toContain(
      `srcdoc="&lt;base target=&quot;_blank&quot;&gt;&lt;b class=&quot;x&quot;&gt;hi&lt;/b&gt;"`,
    );
    expect((await fetch(`${sink.url}/?search=nothing-like-it`)).status).toBe(200);
    expect((await fetch(`${sink.url}/mails/unknown`)).status).toBe(404);
  });
});
