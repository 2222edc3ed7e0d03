// Notices through the official SDK to the mail sink, which speaks the service's REST API.

import ICAL from "ical.js";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { startMailSink, type MailSink } from "../../../local/mail/sink.ts";
import { azureMailer } from "../../../shared/platform/mail/azure-mail.ts";
import { acceptances } from "../../../shared/notices/evidence.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { asked, BERLIN_NIGHT, createWorld, MINUTE, NOON } from "../../unit/notices/support.ts";

const QUOTA = { perMinute: 5, perHour: 100 };
const listSchema = z.object({
  total: z.number(),
  mails: z.array(z.object({ operationId: z.string(), subject: z.string(), to: z.array(z.string()) })),
});
const mailSchema = z.object({
  plainText: z.string(),
  html: z.string(),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string() })),
});

let sink: MailSink | undefined;
afterEach(async () => {
  await sink?.stop();
  sink = undefined;
});

async function start() {
  const world = await createWorld();
  // The SDK signs with the wall clock, which the sink checks to five minutes: virtual time may only pass it by that.
  const wall = Date.now();
  const now = () => wall + (world.time.now - NOON);
  const running = await startMailSink({ port: 0, quota: QUOTA, processingMs: 0, now });
  sink = running;
  const mailer = azureMailer({
    connectionString: running.connectionString,
    sender: "operations@docuware-cloud.example",
    pollEveryMs: 10,
  });
  const get = async (path: string): Promise<unknown> => (await fetch(`${running.url}/_sink${path}`)).json();
  return {
    world,
    deps: { ...world.deps, mailer, quota: QUOTA },
    list: async () => listSchema.parse(await get("/mails")),
    mail: async (id: string) => mailSchema.parse(await get(`/mails/${id}`)),
    attachment: async (id: string) => (await fetch(`${running.url}/_sink/mails/${id}/attachments/0`)).text(),
    setFault: async (fault: object) => {
      const body = JSON.stringify(fault);
      expect((await fetch(`${running.url}/_sink/faults`, { method: "POST", body })).ok).toBe(true);
    },
  };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const organisationId = `organisation-${n}`;
    return asked({ organisationId, recipients: [`it@${organisationId}.example`], deadline: NOON + n });
  });

describe("notices through Azure Communication Services (local sink)", () => {
  test("arrive with text, HTML and a calendar file, and are evidence", async () => {
    const { deps, list, mail, attachment, world } = await start();
    await requestNotices(deps, [asked()]);
    expect(await sendDueNotices(deps)).toEqual({ accepted: 1, failed: 0, postponed: 0 });
    const [sent] = (await list()).mails;
    expect(sent).toMatchObject({ subject: "DocuWare-Update am 10. April 2027", to: ["it@alpine.example"] });
    const { plainText, html, attachments } = await mail(sent?.operationId ?? "");
    expect(plainText).toContain("Samstag, 10. April 2027, 22:00 Uhr");
    expect(html).toContain("<strong>Samstag, 10. April 2027, 22:00 Uhr</strong>");
    const contentType = "text/calendar; method=REQUEST; charset=UTF-8";
    expect(attachments).toEqual([expect.objectContaining({ name: "docuware-update.ics", contentType })]);
    const calendar = new ICAL.Component(ICAL.parse(await attachment(sent?.operationId ?? "")));
    const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent") ?? undefined);
    expect(event.startDate.toString()).toBe("2027-04-10T22:00:00");
    const [evidence] = await acceptances(world.rawStore, "c-1", "alpine-foods");
    expect(evidence).toMatchObject({ acceptedAt: NOON, announcedStart: BERLIN_NIGHT.start });
  });

  test("keep to the quota over minutes, survive 429 and lost answers, and come once each", async () => {
    const { deps, list, world, setFault } = await start();
    await requestNotices(deps, many(10));
    await setFault({ effect: "throttle", times: 2, retryAfterSeconds: 20 });
    let calls = 0;
    let throttled = 0;
    const forgetful = {
      send: async (mail: Parameters<typeof deps.mailer.send>[0]) => {
        const call = (calls += 1);
        const outcome = await deps.mailer.send(mail).catch((error: unknown) => {
          throttled += 1;
          throw error;
        });
        // Died between sending and recording.
        if (call % 5 === 0) throw new Error("killed");
        return outcome;
      },
    };
    let deaths = 0;
    for (let runs = 0; runs < 500; runs++) {
      const run = await sendDueNotices({ ...deps, mailer: forgetful }).catch((error: unknown) => {
        expect(error).toMatchObject({ message: "killed" });
        deaths += 1;
        return undefined;
      });
      if (run !== undefined && run.lookAgainAt === undefined) break;
      world.time.now = Math.max(run?.lookAgainAt ?? 0, world.time.now + 1000);
    }
    const { total, mails } = await list();
    expect(total).toBe(10);
    expect(new Set(mails.flatMap(({ to }) => to)).size).toBe(10);
    expect(await world.rawStore.pending(Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(deaths).toBeGreaterThan(0);
    // Only the two that the fault asked for: the sender itself never passed the quota.
    expect(throttled).toBe(2);
    expect(world.time.now - NOON).toBeGreaterThan(MINUTE);
  });

  test("that the service drops become a task for support", async () => {
    const { deps, world, setFault } = await start();
    await setFault({ effect: "fail", address: "it@alpine.example", times: 1 });
    await requestNotices(deps, [asked()]);
    expect(await sendDueNotices(deps)).toEqual({ accepted: 0, failed: 1, postponed: 0 });
    expect([...world.incidents.values()]).toMatchObject([{ kind: "notice.notSent", severity: 2 }]);
    expect(await acceptances(world.rawStore, "c-1", "alpine-foods")).toEqual([]);
  });
});
