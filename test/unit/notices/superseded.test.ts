// What does not hold any more is not sent, and whoever was told of it is told of its end.

import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { cancelAppointment } from "../../../shared/notices/cancel-appointment.ts";
import { withdrawNotices } from "../../../shared/notices/correct-notices.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { asked, BERLIN_NIGHT, createWorld, DAY, NOON, worldWith, type World } from "./support.ts";

const request = (world: World, changes: Partial<NewNotice> = {}) => requestNotices(world.deps, [asked(changes)]);
const statuses = async ({ rawStore }: World) =>
  (await rawStore.noticesOf("c-1", "alpine-foods")).map(({ notice }) => `${notice.kind} ${notice.status}`);

describe("cancelling an appointment", () => {
  const CANCELLATION = asked({ kind: "cancellation", sequence: 1 });
  const cancel = ({ deps }: World) => cancelAppointment(deps, CANCELLATION);
  const subjects = ({ mailer }: World) => mailer.sent.map(({ subject }) => subject.split(/[: ]/u)[0]);

  test("is told to whoever was told of it, and once", async () => {
    const world = await worldWith();
    await sendDueNotices(world.deps);
    await cancel(world);
    await cancel(world);
    await sendDueNotices(world.deps);
    expect(subjects(world)).toEqual(["DocuWare-Update", "Abgesagt"]);
    await cancel(world);
    expect(await statuses(world)).toEqual(["announcement accepted", "cancellation accepted"]);
  });

  test("whose announcement was not sent yet tells nobody anything", async () => {
    const world = await worldWith();
    await cancel(world);
    expect(await statuses(world)).toEqual(["announcement withdrawn", "cancellation withdrawn"]);
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 0, postponed: 0 });
  });

  test("of which nobody was told because the mail failed tells nobody of its end", async () => {
    const world = await createWorld({
      mailer: { send: async () => ({ kind: "failed" as const, reason: "no such mailbox" }) },
    });
    await request(world);
    await sendDueNotices(world.deps);
    await cancel(world);
    expect(await statuses(world)).toEqual(["announcement failed", "cancellation withdrawn"]);
  });

  test("is told when nobody knows whether the announcement arrived", async () => {
    const world = await createWorld({ mailer: { send: () => Promise.reject(new TransientFailure("no answer")) } });
    await request(world);
    await sendDueNotices(world.deps);
    await cancel(world);
    expect(await statuses(world)).toEqual(["announcement withdrawn", "cancellation pending"]);
  });

  test("whose announcement is on its way at this moment is told as well", async () => {
    const world = await worldWith();
    const send = async () => {
      await cancel(world);
      return { kind: "sent" as const };
    };
    await sendDueNotices({ ...world.deps, mailer: { send } });
    expect(await statuses(world)).toEqual(["announcement accepted", "cancellation pending"]);
  });

  test("holds against whoever asks for the announcement only now", async () => {
    const world = await createWorld();
    await cancel(world);
    await request(world);
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 0, failed: 0, postponed: 0 });
    expect(await statuses(world)).toEqual(["announcement withdrawn", "cancellation withdrawn"]);
    // That attempt may count as told: the cancellation then goes out in vain, but nobody waits for an upgrade in vain.
    expect(world.deps.log.entries.map(({ event }) => event)).toEqual(["notice.superseded"]);
  });

  test("of an organisation that has no contact any more is a task for support", async () => {
    const world = await worldWith();
    await sendDueNotices(world.deps);
    await cancelAppointment(world.deps, { ...CANCELLATION, recipients: [] });
    expect(await statuses(world)).toEqual(["announcement accepted", "cancellation failed"]);
    expect([...world.incidents.values()]).toMatchObject([
      { kind: "notice.noContact", detail: expect.stringContaining("Notice: cancellation") },
    ]);
  });

  test("that is not well-formed is refused, and nothing is written", async () => {
    const world = await createWorld();
    await expect(cancelAppointment(world.deps, { ...CANCELLATION, campaignId: "c|1" })).rejects.toThrow(
      PermanentFailure,
    );
    expect(await statuses(world)).toEqual([]);
  });
});

describe("what does not hold any more is not sent:", () => {
  test.each<[string, Partial<NewNotice>, Partial<NewNotice>]>([
    ["an announcement after a change", {}, { kind: "change", sequence: 1 }],
    ["a change after a later one", { kind: "change", sequence: 1 }, { kind: "change", sequence: 2 }],
    ["a reminder after the end", { kind: "reminder1" }, { kind: "completion" }],
  ])("%s", async (_, late, present) => {
    const world = await worldWith(present);
    await request(world, late);
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 1, failed: 0, postponed: 0 });
    const stored = await world.rawStore.noticesOf("c-1", "alpine-foods");
    const withdrawn = stored.filter(({ notice }) => notice.status === "withdrawn");
    expect(withdrawn.map(({ notice }) => notice.kind)).toEqual([late.kind ?? "announcement"]);
  });
});

describe("sent late,", () => {
  const START = BERLIN_NIGHT.start;
  const sendAt = async (now: number, ...kinds: readonly NewNotice["kind"][]) => {
    const world = await createWorld();
    for (const kind of kinds) await request(world, { kind });
    world.time.now = now;
    await sendDueNotices(world.deps);
    return world;
  };

  test.each(["reminder7", "reminder1"] as const)("%s is withdrawn once its time has begun", async (kind) => {
    expect(await statuses(await sendAt(START - 1, kind))).toEqual([`${kind} accepted`]);
    const world = await sendAt(START, kind);
    expect(await statuses(world)).toEqual([`${kind} withdrawn`]);
    expect(world.mailer.sent).toEqual([]);
  });

  test.each(["announcement", "change"] as const)("%s is withdrawn once its time is over", async (kind) => {
    expect(await statuses(await sendAt(BERLIN_NIGHT.end, kind))).toEqual([`${kind} withdrawn`]);
  });

  test("the reminder of a week is withdrawn when that of the day reminds as well", async () => {
    const late = START - 2 * DAY;
    expect(await statuses(await sendAt(late, "reminder7"))).toEqual(["reminder7 accepted"]);
    expect((await statuses(await sendAt(late, "reminder7", "reminder1"))).toSorted()).toEqual([
      "reminder1 accepted",
      "reminder7 withdrawn",
    ]);
  });

  test("a reminder goes after the mail that tells the time, also when both are due", async () => {
    const world = await worldWith({ kind: "reminder1", deadline: NOON });
    await request(world, { kind: "change", deadline: NOON + DAY });
    world.time.now = START - DAY;
    await sendDueNotices(world.deps);
    expect(world.mailer.sent.map(({ subject }) => subject.split(":")[0])).toEqual(["Neuer Termin"]);
    world.time.now += 60_000;
    await sendDueNotices(world.deps);
    expect(world.mailer.sent.map(({ subject }) => subject.split(":")[0])).toEqual(["Neuer Termin", "Erinnerung"]);
  });

  test("a hotfix tells times that are still to come", async () => {
    const world = await sendAt(START + 3 * 3_600_000, "hotfix");
    const [mail] = world.mailer.sent;
    expect(mail?.text).toContain("11. April 2027, 01:00 Uhr");
    expect(mail?.text).not.toContain("22:00 Uhr");
  });
});

describe("withdrawing", () => {
  test("takes what was not sent of earlier revisions, and nothing else", async () => {
    const world = await worldWith();
    await sendDueNotices(world.deps);
    await request(world, { kind: "reminder7", notBefore: NOON + DAY });
    await request(world, { kind: "reminder7", notBefore: NOON + DAY, sequence: 1 });
    const of = { campaignId: "c-1", organisationId: "alpine-foods", sequence: 1 };
    expect(await withdrawNotices(world.deps, of)).toBe(1);
    expect(await withdrawNotices(world.deps, of)).toBe(0);
    world.time.now = NOON + DAY;
    expect(await sendDueNotices(world.deps)).toEqual({ accepted: 1, failed: 0, postponed: 0 });
    const stored = await world.rawStore.noticesOf("c-1", "alpine-foods");
    expect(stored.map(({ notice }) => [notice.kind, notice.sequence, notice.status])).toEqual([
      ["announcement", 0, "accepted"],
      ["reminder7", 0, "withdrawn"],
      ["reminder7", 1, "accepted"],
    ]);
  });

  test("while the mail is on its way still counts the acceptance: the customer has it", async () => {
    const world = await worldWith();
    const of = { campaignId: "c-1", organisationId: "alpine-foods", sequence: 1 };
    const send = async () => {
      await withdrawNotices(world.deps, of);
      return { kind: "sent" as const };
    };
    await sendDueNotices({ ...world.deps, mailer: { send } });
    const [stored] = await world.rawStore.noticesOf("c-1", "alpine-foods");
    expect(stored?.notice).toMatchObject({ status: "accepted", acceptedAt: NOON });
    expect(await world.rawStore.pending(NOON)).toEqual([]);
  });
});
