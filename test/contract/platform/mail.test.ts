import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type MailSink, startMailSink } from "../../../local/mail/sink.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { azureMailer } from "../../../shared/platform/mail/azure-mail.ts";
import { memoryMailer } from "../../support/memory/memory-mail.ts";
import { answerJson, startTinyServer } from "../../unit/docuware/tiny-server.ts";
import { mailSuite } from "./mail.suite.ts";
import { listen } from "../../support/listen.ts";

const SENDER = "operations@docuware-cloud.example";
const listSchema = z.object({
  mails: z.array(
    z.object({ to: z.unknown(), subject: z.string(), attachments: z.array(z.object({ name: z.string() })) }),
  ),
});
const mail = () => ({ operationId: randomUUID(), to: ["a@customer.example"], subject: "s", text: "t" });

mailSuite("memory", async () => {
  const mailer = memoryMailer();
  return {
    mailer,
    delivered: async (address) =>
      mailer.sent
        .filter(({ to }) => to.includes(address))
        .map(({ to, subject, attachments }) => ({
          to,
          subject,
          attachments: (attachments ?? []).map(({ name }) => name),
        })),
    failNext: async (address, reason) => mailer.failNext(address, reason),
    stop: async () => {},
  };
});

mailSuite("Azure Communication Services (local sink)", async () => {
  const sink = await startMailSink({ port: 0, processingMs: 20 });
  return {
    mailer: azureMailer({ connectionString: sink.connectionString, sender: SENDER, pollEveryMs: 10 }),
    delivered: async (address) => {
      const answer = await fetch(`${sink.url}/_sink/mails?to=${encodeURIComponent(address)}`);
      const { mails } = listSchema.parse(await answer.json());
      return mails.map(({ to, subject, attachments }) => ({
        to: addresses(to),
        subject,
        attachments: attachments.map(({ name }) => name),
      }));
    },
    failNext: (address, message) => setFault(sink, { effect: "fail", address, message, times: 1 }),
    stop: () => sink.stop(),
  };
});

/** The sink lists recipients as texts or as objects with an address. */
function addresses(to: unknown): readonly string[] {
  return z
    .array(z.union([z.string(), z.object({ address: z.string() }).transform(({ address }) => address)]))
    .parse(to);
}

async function setFault(sink: MailSink, fault: object): Promise<void> {
  const answer = await fetch(`${sink.url}/_sink/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
  if (!answer.ok) throw new Error(`The sink refused the fault: ${answer.status} ${await answer.text()}`);
}

describe("Azure Communication Services", () => {
  let sink: MailSink;
  beforeAll(async () => {
    sink = await startMailSink({ port: 0, processingMs: 60_000 });
  });
  afterAll(() => sink.stop());

  test("an answer that names another host for the operation is not followed", async () => {
    const elsewhere = await startTinyServer((_, response) => answerJson(response, { id: "x", status: "Succeeded" }));
    const service = await startTinyServer((_, response) => {
      response.setHeader("operation-location", `${elsewhere.url}/emails/operations/x?api-version=2025-09-01`);
      answerJson(response, { id: "x", status: "Running" }, 202);
    });
    try {
      const connectionString = `endpoint=${service.url}/;accesskey=c2VjcmV0`;
      const mailer = azureMailer({ connectionString, sender: SENDER, pollEveryMs: 10 });
      await expect(mailer.send(mail())).rejects.toThrow(TransientFailure);
      expect(elsewhere.seen).toEqual([]);
      expect(service.seen.length).toBeGreaterThan(0);
    } finally {
      await Promise.all([elsewhere.stop(), service.stop()]);
    }
  });

  test("a refusal for now tells how long to wait", async () => {
    await setFault(sink, { effect: "throttle", times: 1, retryAfterSeconds: 7 });
    const sent = azureMailer({ connectionString: sink.connectionString, sender: SENDER }).send(mail());
    await expect(sent).rejects.toThrow(TransientFailure);
    await expect(sent).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  test("a mail that is not sent within its time is a TransientFailure", async () => {
    const mailer = azureMailer({
      connectionString: sink.connectionString,
      sender: SENDER,
      timeoutMs: 100,
      pollEveryMs: 10,
    });
    await expect(mailer.send(mail())).rejects.toThrow(/longer than 100 ms/);
  });

  test("a wrong key is a PermanentFailure that says where to look, not what the key is", async () => {
    const wrong = Buffer.from("hunter2").toString("base64");
    const mailer = azureMailer({ connectionString: `endpoint=${sink.url}/;accesskey=${wrong}`, sender: SENDER });
    const sent = mailer.send(mail());
    await expect(sent).rejects.toThrow(PermanentFailure);
    await expect(sent).rejects.toThrow(/check the app's access/);
    await expect(sent).rejects.not.toThrow(wrong);
  });

  test("nobody at the address, or somebody who never answers, is a TransientFailure", async () => {
    const silent = createServer();
    const port = await listen(silent);
    for (const at of [1, port]) {
      const connectionString = `endpoint=http://127.0.0.1:${at}/;accesskey=aGVsbG8=`;
      const mailer = azureMailer({ connectionString, sender: SENDER, timeoutMs: 300 });
      await expect(mailer.send(mail())).rejects.toThrow(TransientFailure);
    }
    silent.close();
  });
});
