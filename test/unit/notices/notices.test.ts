// What becomes of a notice: requests, outcomes of the mail service, bounces, withdrawals, resending, evidence.

import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { noticeOperationId } from "../../../shared/notices/compose-mail.ts";
import { resendNotice } from "../../../shared/notices/correct-notices.ts";
import { acceptances } from "../../../shared/notices/evidence.ts";
import { err } from "../../../shared/kernel/result.ts";
import type { NewNotice, NoticeKey } from "../../../shared/notices/core/notice.ts";
import { recordBounce } from "../../../shared/notices/record-bounce.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { asked, BERLIN_NIGHT, createWorld, DAY, HOUR, MINUTE, NOON, worldWith, type World } from "./support.ts";

const TWO = ["it@alpine.example", "boss@alpine.example"];
const only = async ({ rawStore }: World) => (await rawStore.noticesOf("c-1", "alpine-foods"))[0]?.notice;
const evidence = async (world: World, sequence?: number) =>
  (await acceptances(world.rawStore, "c-1", "alpine-foods")).find(
    (one) => sequence === undefined || one.sequence === sequence,
  );
const request = (world: World, changes: Partial<NewNotice> = {}) => requestNotices(world.deps, [asked(changes)]);
/** Why, and whether nobody at the customer knows. */
const reasons = (world: World) =>
  [...world.incidents.values()].map(({ kind, severity }) => [kind.replace("notice.", ""), severity === 2]);

async function sentTo(recipients: readonly string[]): Promise<World & { readonly operationId: string }> {
  const world = await worldWith({ recipients: [...recipients] });
  await sendDueNotices(world.deps);
  return { ...world, operationId: world.mailer.sent[0]?.operationId ?? "" };
}

const failing = (fail: () => Error) =>
  createWorld({
    mailer: {
      send: async () => {
        throw fail();
      },
    },
  });

describe("asking for a notice", () => {
  test("twice is one notice and one mail, with its calendar file", async () => {
    const world = await createWorld();
    expect(await request(world)).toEqual({ fresh: 1, known: 0 });
    expect(await request(world)).toEqual({ fresh: 0, known: 1 });
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 1, failed: 0, postponed: 0 });
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 0, postponed: 0 });
    expect(world.mailer.sent).toMatchObject([
      {
        to: ["it@alpine.example"],
        subject: "DocuWare-Update am 10. April 2027",
        attachments: [{ name: "docuware-update.ics" }],
      },
    ]);
    expect(world.mailer.sent[0]?.html).toContain("https://operations.example/api/reschedule?token=alpine-foods");
  });

  test("again with another appointment under the same sequence is refused", async () => {
    const world = await worldWith();
    const moved = { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start - DAY };
    await expect(request(world, { appointment: moved })).rejects.toThrow(/needs a higher sequence/u);
    expect((await only(world))?.appointment.start).toBe(BERLIN_NIGHT.start);
  });

  test.each<[string, Partial<NewNotice>, RegExp]>([
    ["an unknown zone", { appointment: { ...BERLIN_NIGHT, timeZone: "Europe/Atlantis" } }, /IANA time zone/u],
    ["an end before the start", { appointment: { ...BERLIN_NIGHT, end: BERLIN_NIGHT.start } }, /end after its start/u],
    ["a recipient that is no address", { recipients: ["alpine"] }, /email/iu],
    ["a campaign id with a bar", { campaignId: "c|1" }, /campaign id/u],
  ])("with %s is refused, and nothing of the batch is written", async (_, changes, message) => {
    const world = await createWorld();
    const batch = requestNotices(world.deps, [asked(), asked({ organisationId: "beta-steel", ...changes })]);
    await expect(batch).rejects.toThrow(PermanentFailure);
    await expect(batch).rejects.toThrow(message);
    expect(await world.rawStore.pending(NOON)).toEqual([]);
  });

  test("for an organisation without contacts fails at once and is one task for support", async () => {
    const world = await worldWith({ recipients: [] });
    await request(world, { recipients: [] });
    expect(await only(world)).toMatchObject({ status: "failed", failure: "the organisation has no contact" });
    expect(reasons(world)).toEqual([["noContact", true]]);
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 0, postponed: 0 });
    expect(await evidence(world)).toBeUndefined();
  });

  test("that is not due yet is not sent before its time", async () => {
    const world = await worldWith({ kind: "reminder7", notBefore: NOON + HOUR });
    expect(await sendDueNotices(world.deps)).toMatchObject({ accepted: 0, lookAgainAt: NOON + HOUR });
    world.time.now = NOON + HOUR;
    expect(await sendDueNotices(world.deps)).toMatchObject({ accepted: 1 });
  });
});

describe("the mail service", () => {
  test("that takes a mail and cannot send it: failed, a task, and no evidence", async () => {
    const world = await worldWith();
    world.mailer.failNext("it@alpine.example", "all recipients are suppressed");
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 1, postponed: 0 });
    expect(await only(world)).toMatchObject({ status: "failed", failure: "all recipients are suppressed" });
    expect(reasons(world)).toEqual([["notSent", true]]);
    expect(await evidence(world)).toBeUndefined();
  });

  test("that asks for a pause is left alone until then, for all mails", async () => {
    const world = await failing(() => new TransientFailure("429", { retryAfterMs: 90_000 }));
    await request(world);
    expect(await sendDueNotices(world.deps)).toMatchObject({ postponed: 1, lookAgainAt: NOON + 90_000 });
    let calls = 0;
    const deps = { ...world.deps, mailer: { send: async () => ((calls += 1), { kind: "sent" as const }) } };
    await request(world, { organisationId: "beta-steel" });
    world.time.now = NOON + 89_999;
    expect(await sendDueNotices(deps)).toMatchObject({ accepted: 0, lookAgainAt: NOON + 90_000 });
    expect(calls).toBe(0);
    world.time.now = NOON + 90_000;
    expect(await sendDueNotices(deps)).toMatchObject({ accepted: 2 });
  });

  test("that does not answer is asked again with the same id, each time after a longer pause", async () => {
    const ids = new Set<string>();
    const world = await createWorld({
      mailer: {
        send: async ({ operationId }) => {
          ids.add(operationId);
          throw new TransientFailure("no answer");
        },
      },
    });
    await request(world);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      await sendDueNotices(world.deps);
      const next = (await only(world))?.nextAttemptAt ?? 0;
      pauses.push((next - world.time.now) / MINUTE);
      world.time.now = next;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(ids.size).toBe(1);
    expect(world.incidents.size).toBe(0);
  });

  test("that refuses a mail is asked for some hours, then it has failed", async () => {
    const world = await failing(() => new PermanentFailure("Mail was refused (400)."));
    await request(world);
    for (let hour = 0; hour < 4; hour++) {
      world.time.now = NOON + hour * HOUR;
      expect(await sendDueNotices(world.deps)).toMatchObject({
        failed: 0,
        postponed: 1,
        lookAgainAt: NOON + (hour + 1) * HOUR,
      });
    }
    world.time.now = NOON + 4 * HOUR;
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 1, postponed: 0 });
    expect(await only(world)).toMatchObject({ status: "failed", failure: "Mail was refused (400)." });
    expect(reasons(world)).toEqual([["notSent", true]]);
  });

  test("that refuses everything stops the run: a wrong key must not burn a thousand notices", async () => {
    let calls = 0;
    const world = await failing(() => ((calls += 1), new PermanentFailure("Mail was refused (401).")));
    const many = Array.from({ length: 50 }, (_, n) => asked({ organisationId: `organisation-${n}` }));
    await requestNotices(world.deps, many);
    expect(await sendDueNotices(world.deps)).toMatchObject({ postponed: 5, lookAgainAt: NOON + 10 * MINUTE });
    expect(calls).toBe(5);
  });

  test("one notice that cannot be written does not hold up the others", async () => {
    const world = await createWorld();
    const composer = {
      ...world.deps.composer,
      surroundings: ({ organisationId }: { organisationId: string }) => ({
        supportEmail: "support@docuware.example",
        ...(organisationId === "alpine-foods" ? { rescheduleUrl: "javascript:alert(1)" } : {}),
      }),
    };
    await requestNotices(world.deps, [asked({ deadline: NOON }), asked({ organisationId: "beta-steel" })]);
    expect(await sendDueNotices({ ...world.deps, composer })).toMatchObject({ accepted: 1, postponed: 1 });
    expect(await only(world)).toMatchObject({ status: "pending", failure: expect.stringContaining("http or https") });
  });

  test("that gets the same notice from two senders at once sends one mail", async () => {
    const world = await worldWith();
    await Promise.all([sendDueNotices(world.deps), sendDueNotices(world.deps)]);
    expect(world.mailer.sent).toHaveLength(1);
    expect(await only(world)).toMatchObject({ status: "accepted", acceptedAt: NOON });
  });

  test("a run ends after its number of mails and says when to go on", async () => {
    const world = await createWorld();
    await requestNotices(
      world.deps,
      Array.from({ length: 7 }, (_, n) => asked({ organisationId: `organisation-${n}` })),
    );
    const run = await sendDueNotices(world.deps, { most: 3, runMs: MINUTE, atOnce: 2 });
    expect(run).toEqual({ accepted: 3, failed: 0, postponed: 0, lookAgainAt: NOON });
  });
});

describe("bounces", () => {
  test("from one of two contacts: a task, and still evidence", async () => {
    const world = await sentTo(TWO);
    const report = { operationId: world.operationId.toUpperCase(), recipient: "IT@alpine.example" };
    expect(await recordBounce(world.deps, report)).toBe("recorded");
    expect(await recordBounce(world.deps, report)).toBe("unchanged");
    expect(await evidence(world)).toMatchObject({ acceptedAt: NOON, announcedStart: BERLIN_NIGHT.start });
    expect(reasons(world)).toEqual([["bounced", false]]);
  });

  test("from all contacts: no evidence any more, a task for each, and one that nobody was told", async () => {
    const world = await sentTo(TWO);
    for (const recipient of TWO) await recordBounce(world.deps, { operationId: world.operationId, recipient });
    expect((await only(world))?.status).toBe("bounced");
    expect(await evidence(world)).toBeUndefined();
    expect(reasons(world)).toEqual([
      ["bounced", false],
      ["bounced", false],
      ["bounced", true],
    ]);
  });

  test("reported before the acceptance was recorded count all the same", async () => {
    const world = await worldWith();
    const operationId = noticeOperationId({ noticeId: "c-1:alpine-foods:announcement:0", mailNumber: 1 });
    const deps = {
      ...world.deps,
      mailer: {
        send: async () => {
          await recordBounce(world.deps, { operationId, recipient: "it@alpine.example" });
          return { kind: "sent" as const };
        },
      },
    };
    await sendDueNotices(deps);
    expect((await only(world))?.status).toBe("bounced");
    expect(await evidence(world)).toBeUndefined();
    expect(reasons(world)).toEqual([["bounced", true]]);
  });

  test("of mails or recipients that are none of ours change nothing", async () => {
    const world = await sentTo(TWO);
    const strange = "00000000-0000-8000-8000-000000000000";
    expect(await recordBounce(world.deps, { operationId: strange, recipient: TWO[0] ?? "" })).toBe("unknown");
    expect(await recordBounce(world.deps, { operationId: world.operationId, recipient: "x@y.example" })).toBe(
      "unchanged",
    );
    expect(world.incidents.size).toBe(0);
  });

  test("after support corrected the contacts the notice is a new mail; a late report of the old one is ignored", async () => {
    const world = await sentTo(["it@alpine.example"]);
    const report = { operationId: world.operationId, recipient: "it@alpine.example" };
    await recordBounce(world.deps, report);
    const key = asked();
    const resend = (recipients: readonly string[], of: NoticeKey = key) => resendNotice(world.deps, of, recipients);
    for (const bad of [["not an address"], []]) {
      expect(await resend(bad)).toMatchObject({ ok: false, error: { kind: "badRecipients" } });
    }
    expect(await resend(["it@alpine.example"], { ...key, sequence: 9 })).toEqual(err({ kind: "unknownNotice" }));
    world.time.now = NOON + HOUR;
    expect(await resend(["it@alpine.example"])).toMatchObject({ ok: true });
    await sendDueNotices(world.deps);
    expect(world.mailer.sent).toHaveLength(2);
    expect(await recordBounce(world.deps, report)).toBe("unchanged");
    expect(await evidence(world)).toMatchObject({ acceptedAt: NOON + HOUR });
    expect(await resend(["it@alpine.example"])).toEqual(err({ kind: "wrongState", status: "accepted" }));
  });
});

describe("evidence", () => {
  test("is the earliest acceptance that told a date; for a revision, only of that one", async () => {
    const world = await worldWith({ kind: "reminder7" });
    await sendDueNotices(world.deps);
    expect(await evidence(world)).toBeUndefined();
    for (const [sequence, kind] of (["announcement", "change"] as const).entries()) {
      world.time.now += HOUR;
      await request(world, { kind, sequence });
      await sendDueNotices(world.deps);
    }
    expect(await evidence(world)).toMatchObject({ acceptedAt: NOON + HOUR, sequence: 0 });
    expect(await evidence(world, 1)).toMatchObject({ acceptedAt: NOON + 2 * HOUR, sequence: 1 });
    expect(await evidence(world, 2)).toBeUndefined();
  });
});

test("a hotfix notice is sent, and never taken for four weeks' notice", async () => {
  const world = await worldWith({ kind: "hotfix" });
  expect(await sendDueNotices(world.deps)).toEqual({ accepted: 1, failed: 0, postponed: 0 });
  expect(await acceptances(world.rawStore, "c-1", "alpine-foods")).toEqual([]);
});

test.each([
  ["announcement", true],
  ["hotfix", false],
  ["reminder1", false],
  ["completion", false],
] as const)("only what tells a date holds up the upgrade: %s", async (kind, isWaitedFor) => {
  const world = await worldWith({ kind, recipients: [] });
  const [incident] = world.incidents.values();
  expect(incident).toMatchObject({ severity: 2, title: "alpine-foods has no contact for notices" });
  expect(incident?.detail.includes("will not be upgraded")).toBe(isWaitedFor);
});
