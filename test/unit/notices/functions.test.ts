// The triggers of notices: reports of the mail service, the timer, and what operators see and do.

import { InvocationContext } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { noticeEndpoints } from "../../../functions/http/notices.ts";
import { recordMailReportHandler } from "../../../functions/notices.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { resendNotice } from "../../../shared/notices/correct-notices.ts";
import { noticeOperationId } from "../../../shared/notices/compose-mail.ts";
import { parseMailReports } from "../../../shared/notices/messages.ts";
import { recordBounce, type Bounce } from "../../../shared/notices/record-bounce.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import { callEndpoint, endpointOf } from "../../support/call.ts";
import { asked, createWorld, HOUR, NOON } from "./support.ts";
import { MAIL_REPORT_QUEUE } from "../../../shared/notices/resources.ts";

const ADDRESS = "it@alpine.example";
const OPERATION = noticeOperationId({ noticeId: "c-1:alpine-foods:announcement:0", mailNumber: 1 });
const data = (status: unknown) => ({
  sender: "operations@docuware.example",
  recipient: ADDRESS,
  messageId: OPERATION.toUpperCase(),
  status,
  deliveryStatusDetails: { statusMessage: "550 5.1.1 unknown user" },
  deliveryAttemptTimestamp: "2027-02-01T12:00:05.1+00:00",
});
const NO_CONTEXT = new InvocationContext();
const TYPE = "Microsoft.Communication.EmailDeliveryReportReceived";
const gridEvent = (status: unknown) => ({
  id: "00000000-0000-0000-0000-000000000000",
  topic: "/subscriptions/s/resourceGroups/g/providers/microsoft.communication/communicationservices/a",
  subject: "sender/operations@docuware.example/message/00000000",
  data: data(status),
  eventType: TYPE,
  dataVersion: "1.0",
  metadataVersion: "1",
  eventTime: "2027-02-01T12:00:05Z",
});
const cloudEvent = (status: unknown) => ({
  id: "1",
  source: "/subscriptions/s",
  specversion: "1.0",
  type: TYPE,
  data: data(status),
  addedLater: { some: "thing" },
});

async function createTriggers() {
  const world = await createWorld();
  const bus = memoryBus({ clock: world.deps.clock, queues: [{ name: MAIL_REPORT_QUEUE }] });
  const failures: Error[] = [];
  const deps = {
    ...world.deps,
    bus,
    hasUpgrade: async (campaignId: string) => campaignId === "c-1",
    sendDue: () => sendDueNotices(world.deps),
    recordBounce: async (bounce: Bounce) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return recordBounce(world.deps, bounce);
    },
    resend: (...[key, recipients]: [Parameters<typeof resendNotice>[1], readonly string[]]) =>
      resendNotice(world.deps, key, recipients),
  };
  await requestNotices(world.deps, [asked()]);
  await deps.sendDue();
  const record = recordMailReportHandler(deps, deps);
  const bouncedNow = async () => (await world.rawStore.read(asked()))?.notice.bouncedRecipients;
  return {
    world,
    deps,
    sent: () => bus.all(MAIL_REPORT_QUEUE),
    failures,
    bouncedNow,
    record: (message: unknown) => record(message, NO_CONTEXT),
  };
}

describe("a report of the mail service", () => {
  test.each(["Bounced", "Failed", "Quarantined", "FilteredSpam", "Suppressed", "Vanished", "bounced", "", null])(
    "that the mail is %s is recorded, in both schemas, alone, in a list or as text",
    async (status: unknown) => {
      const messages = [
        gridEvent(status),
        [gridEvent(status)],
        cloudEvent(status),
        JSON.stringify([cloudEvent(status)]),
      ];
      for (const message of messages) {
        const { bouncedNow, record } = await createTriggers();
        await record(message);
        expect(await bouncedNow()).toEqual([ADDRESS]);
      }
    },
  );

  test.each(["Delivered", "Expanded", "OutForDelivery", "delivered"])(
    "that it is %s changes nothing",
    async (status) => {
      const { bouncedNow, record, world } = await createTriggers();
      await record(gridEvent(status));
      expect(await bouncedNow()).toEqual([]);
      expect(world.incidents.size).toBe(0);
    },
  );

  test("may come twice: one task for support", async () => {
    const { record, world } = await createTriggers();
    await record([gridEvent("Bounced"), cloudEvent("Bounced")]);
    await record(gridEvent("Bounced"));
    expect([...world.incidents.values()]).toMatchObject([{ kind: "notice.bounced", severity: 2 }]);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no JSON", "{"],
    ["an empty list", []],
    ["another type", { ...gridEvent("Bounced"), eventType: "Microsoft.Storage.BlobCreated" }],
    ["no type", { data: data("Bounced") }],
    ["no data", { ...cloudEvent("Bounced"), data: undefined }],
    ["null", null],
    ["a list of nothing", [null, 5, "text", []]],
    ["without a recipient", { ...gridEvent("Bounced"), data: { ...data("Bounced"), recipient: null } }],
  ])("that is %s is dead-lettered, and nothing of it recorded", async (_, message) => {
    const { bouncedNow, record, sent } = await createTriggers();
    await expect(record(message)).rejects.toThrow(PermanentFailure);
    expect(await bouncedNow()).toEqual([]);
    expect(sent()).toEqual([]);
  });

  test("is recorded also beside events that cannot be read, which are dead-lettered", async () => {
    const { bouncedNow, record } = await createTriggers();
    const bad = { ...gridEvent("Bounced"), data: {} };
    await expect(record([null, bad, gridEvent("Bounced"), { eventType: "Other" }])).rejects.toThrow(PermanentFailure);
    expect(await bouncedNow()).toEqual([ADDRESS]);
  });

  test("is recorded with nulls, an ill-formed text and unheard-of members beside what it says", async () => {
    const { bouncedNow, record } = await createTriggers();
    const event = {
      ...gridEvent("Bounced"),
      type: null,
      subject: "\ud83d",
      eventTime: null,
      dataVersion: 7,
      more: [{}],
    };
    await record({ ...event, data: { ...event.data, deliveryStatusDetails: null, sender: null } });
    expect(await bouncedNow()).toEqual([ADDRESS]);
  });

  test("says what is wrong with it, without the address", () => {
    const { unreadable } = parseMailReports([
      { ...gridEvent("Bounced"), data: { recipient: ADDRESS, status: "Gone" } },
    ]);
    expect(unreadable?.message).toMatch(/\[0\][^]*data\.messageId/u);
    expect(unreadable?.message).not.toContain(ADDRESS);
  });

  test("while storage is away comes again later, the whole of it", async () => {
    const { bouncedNow, failures, record, sent } = await createTriggers();
    failures.push(new TransientFailure("busy", { retryAfterMs: 45_000 }));
    await record(gridEvent("Bounced"));
    expect(sent()).toMatchObject([{ dueAt: NOON + 60_000 }]);
    expect(await bouncedNow()).toEqual([]);
    await record(sent()[0]?.body);
    expect(await bouncedNow()).toEqual([ADDRESS]);
  });

  test("a defect is not swallowed", async () => {
    const { failures, record } = await createTriggers();
    failures.push(new TypeError("defect"));
    await expect(record(gridEvent("Bounced"))).rejects.toThrow("defect");
  });
});

describe("operators", () => {
  const OF = { campaignId: "c-1", organisationId: "alpine-foods" };
  const NOTICE = { ...OF, kind: "announcement", sequence: "0" };

  async function createApi() {
    const triggers = await createTriggers();
    const endpoints = noticeEndpoints(triggers.deps, triggers.deps);
    return {
      ...triggers,
      list: (params: Record<string, string> = OF) => callEndpoint(endpointOf(endpoints, "list-notices"), { params }),
      resend: (recipients: unknown, params: Record<string, string> = NOTICE) =>
        callEndpoint(endpointOf(endpoints, "resend-notice"), { params, json: { recipients } }),
    };
  }

  test("see the notices to an organisation, and none where there is an upgrade but no notice", async () => {
    const { list } = await createApi();
    expect(await list()).toMatchObject({
      status: 200,
      json: {
        items: [
          {
            kind: "announcement",
            status: "accepted",
            acceptedAt: "2027-02-01T12:00:00.000Z",
            start: "2027-04-10T20:00:00.000Z",
            timeZone: "Europe/Berlin",
            mailNumber: 1,
          },
        ],
      },
    });
    expect(await list({ ...OF, organisationId: "other-one" })).toMatchObject({ status: 200, json: { items: [] } });
    expect(await list({ ...OF, campaignId: "c-2" })).toMatchObject({ status: 404, json: { code: "upgradeUnknown" } });
  });

  test("send a bounced notice again to corrected contacts, once", async () => {
    const { record, resend, world } = await createApi();
    await record(gridEvent("Bounced"));
    world.time.now = NOON + HOUR;
    const answer = await resend(["new@alpine.example"]);
    expect(answer).toMatchObject({ status: 200, json: { status: "pending", mailNumber: 2, bouncedRecipients: [] } });
    expect(await resend(["new@alpine.example"])).toMatchObject({ status: 409, json: { code: "wrongState" } });
    await sendDueNotices(world.deps);
    expect(world.mailer.sent.at(-1)).toMatchObject({ to: ["new@alpine.example"] });
  });

  test.each<[string, unknown, Record<string, string>, number, string]>([
    ["a notice that was accepted", [ADDRESS], NOTICE, 409, "wrongState"],
    ["a notice that is not there", [ADDRESS], { ...NOTICE, sequence: "7" }, 404, "noticeUnknown"],
    ["no address", [], NOTICE, 400, "validationFailed"],
    ["a bad address", ["nobody"], NOTICE, 400, "validationFailed"],
    ["an unknown kind", [ADDRESS], { ...NOTICE, kind: "gossip" }, 400, "validationFailed"],
    ["a bad revision", [ADDRESS], { ...NOTICE, sequence: "-1" }, 400, "validationFailed"],
  ])("are refused for %s", async (_, recipients, params, status, code) => {
    const { resend } = await createApi();
    expect(await resend(recipients, params)).toMatchObject({ status, json: { code } });
  });
});
