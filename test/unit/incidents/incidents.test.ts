import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { acknowledgeIncident } from "../../../shared/incidents/acknowledge-incident.ts";
import { composeIncidentMail } from "../../../shared/incidents/compose-mail.ts";
import { freshIncident, SEVERITIES } from "../../../shared/incidents/core/incident.ts";
import { raiseIncident } from "../../../shared/incidents/raise-incident.ts";
import { SEND_MAILS_LIMITS, sendIncidentMails } from "../../../shared/incidents/send-incident-mails.ts";
import { checkMail } from "../../../shared/platform/mail/mail.ts";
import { createWorld, MINUTE, NOON, SUPPORT, trouble, type World } from "./support.ts";

const ID = trouble().incidentId;
const mailOf = async ({ store }: World, incidentId = ID) => (await store.read(incidentId))?.incident.mail;
const queued = ({ store }: World) => store.pending(Number.MAX_SAFE_INTEGER);

describe("raising", () => {
  test("stores the incident and mails support at once", async () => {
    const world = await createWorld();
    expect(await raiseIncident(world.deps, trouble())).toBe("raised");
    expect(world.mails.sent).toMatchObject([{ to: [SUPPORT], subject: "[SEV0] alpine could not be brought back" }]);
    expect((await world.store.read(ID))?.incident).toEqual({
      ...trouble(),
      raisedAt: NOON,
      mail: { status: "accepted", acceptedAt: NOON, attempts: 0, refusals: 0, nextAttemptAt: NOON, mailNumber: 1 },
    });
    expect(await queued(world)).toEqual([]);
  });

  test("again changes nothing and sends nothing, also with other words", async () => {
    const world = await createWorld();
    await raiseIncident(world.deps, trouble());
    const before = await world.store.read(ID);
    expect(await raiseIncident(world.deps, trouble({ severity: 3, title: "other" }))).toBe("known");
    expect(await world.store.read(ID)).toEqual(before);
    expect(world.asked).toHaveLength(1);
  });

  test("at the same time twice is one incident and one mail", async () => {
    const world = await createWorld();
    const both = await Promise.all([raiseIncident(world.deps, trouble()), raiseIncident(world.deps, trouble())]);
    expect(both.toSorted()).toEqual(["known", "raised"]);
    expect(world.mails.sent).toHaveLength(1);
  });

  test.each([new TransientFailure("no answer"), new PermanentFailure("bad key"), new TypeError("defect")])(
    "succeeds whatever is wrong with the mail, and leaves it to the timer: %s",
    async (error) => {
      const world = await createWorld();
      world.says.next = () => error;
      expect(await raiseIncident(world.deps, trouble())).toBe("raised");
      expect(await queued(world)).toHaveLength(1);
      world.says.next = undefined;
      world.time.now += 60 * MINUTE;
      expect(await sendIncidentMails(world.deps)).toEqual({ accepted: 1, postponed: 0, refused: 0, left: 0 });
      expect(world.mails.sent).toHaveLength(1);
      expect(await queued(world)).toEqual([]);
    },
  );

  test("fails when it cannot be stored, and sends nothing", async () => {
    const world = await createWorld();
    const insert = () => Promise.reject(new TransientFailure("no answer"));
    const deps = { ...world.deps, store: { ...world.deps.store, insert } };
    await expect(raiseIncident(deps, trouble())).rejects.toThrow(TransientFailure);
    expect(world.asked).toEqual([]);
  });

  test.each([[{ incidentId: "" }], [{ incidentId: "a/b" }], [{ incidentId: "x".repeat(201) }], [{ kind: "" }]])(
    "of what is no incident is refused: %j",
    async (changes) => {
      const world = await createWorld();
      await expect(raiseIncident(world.deps, trouble(changes))).rejects.toThrow("cannot be raised as an incident");
    },
  );

  test("an incident is not lost for its wording", async () => {
    const world = await createWorld();
    const title = `two\r\nlines\u2028 and ${"😀".repeat(300)}`;
    await raiseIncident(
      world.deps,
      trouble({ title, detail: "d".repeat(10_000), subject: { campaignId: "c".repeat(500) } }),
    );
    await raiseIncident(world.deps, trouble({ incidentId: "i-2", title: "\n" }));
    expect(world.mails.sent.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^\[SEV0\] two lines and 😀/u),
      "[SEV0] upgrade.rollBackFailed",
    ]);
    const { incident } = (await world.store.read(ID)) ?? {};
    expect([incident?.title.length, incident?.detail.length, incident?.subject.campaignId?.length]).toEqual([
      199, 4000, 100,
    ]);
  });
});

describe("the timer", () => {
  test("waits longer each time there is no answer, at most 15 minutes, and never gives up", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("no answer");
    await raiseIncident(world.deps, trouble());
    const pauses: number[] = [];
    for (let n = 0; n < 30; n++) {
      const next = (await mailOf(world))?.nextAttemptAt ?? 0;
      pauses.push((next - world.time.now) / MINUTE);
      world.time.now = next - 1;
      expect(await sendIncidentMails(world.deps)).toMatchObject({ postponed: 0 });
      world.time.now = next;
      expect(await sendIncidentMails(world.deps)).toMatchObject({ postponed: 1 });
    }
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 15, 15]);
    expect(new Set(world.asked.map(({ operationId }) => operationId)).size).toBe(1);
  });

  test("keeps trying hourly after refusals, and says so as an error each time", async () => {
    const world = await createWorld();
    world.says.next = () => new PermanentFailure("bad key");
    await raiseIncident(world.deps, trouble());
    const pauses: number[] = [];
    for (let n = 0; n < 6; n++) {
      const next = (await mailOf(world))?.nextAttemptAt ?? 0;
      pauses.push((next - world.time.now) / MINUTE);
      world.time.now = next;
      expect(await sendIncidentMails(world.deps)).toMatchObject({ refused: 1 });
    }
    expect(pauses).toEqual([5, 5, 60, 60, 60, 60]);
    const errors = world.deps.log.entries.filter(({ event }) => event === "incident.mailRefused");
    expect(errors).toHaveLength(7);
    expect(errors.at(-1)).toMatchObject({ level: "error", fields: { incident: ID, refusals: 7 } });
  });

  test("sends another mail when the service could not send the one it had taken", async () => {
    const world = await createWorld();
    world.mails.failNext(SUPPORT, "blocked");
    await raiseIncident(world.deps, trouble());
    expect(world.mails.sent).toEqual([]);
    expect(await mailOf(world)).toMatchObject({ status: "pending", mailNumber: 2, refusals: 1, failure: "blocked" });
    world.time.now += 5 * MINUTE;
    await sendIncidentMails(world.deps);
    expect(world.mails.sent).toHaveLength(1);
    const [first, second] = world.asked;
    expect(first?.operationId).not.toBe(second?.operationId);
    expect(await mailOf(world)).not.toHaveProperty("failure");
  });

  test("heeds the pause that the service asks for, but not one that is absurd", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("busy", { retryAfterMs: 90_000 });
    await raiseIncident(world.deps, trouble());
    expect((await mailOf(world))?.nextAttemptAt).toBe(NOON + 90_000);
    world.time.now += 90_000;
    world.says.next = () => new TransientFailure("busy", { retryAfterMs: 10 ** 9 });
    await sendIncidentMails(world.deps);
    expect((await mailOf(world))?.nextAttemptAt).toBe(world.time.now + 15 * MINUTE);
  });

  test("sends the gravest first, a bounded number per run, and stops when the service is down", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("down");
    for (let n = 0; n < 12; n++) {
      await raiseIncident(world.deps, trouble({ incidentId: `i-${n}`, severity: SEVERITIES[n % 4] ?? 0 }));
    }
    world.time.now += MINUTE;
    world.asked.length = 0;
    expect(await sendIncidentMails(world.deps)).toEqual({ accepted: 0, postponed: 5, refused: 0, left: 7 });
    expect(world.asked).toHaveLength(5);
    world.says.next = undefined;
    world.time.now += 5 * MINUTE;
    world.asked.length = 0;
    const run = await sendIncidentMails(world.deps, { ...SEND_MAILS_LIMITS, atOnce: 2, most: 7 });
    expect(run).toEqual({ accepted: 7, postponed: 0, refused: 0, left: 5 });
    const severities = world.asked.map(({ subject }) => Number(subject.charAt(4)));
    expect(severities).toEqual([0, 0, 0, 1, 1, 1, 2]);
    expect(await sendIncidentMails(world.deps)).toMatchObject({ accepted: 5, left: 0 });
  });

  test("tries all of a wave and then fails when one could not be saved", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("down");
    for (const incidentId of ["i-1", "i-2", "i-3"]) await raiseIncident(world.deps, trouble({ incidentId }));
    world.says.next = undefined;
    world.time.now += MINUTE;
    const { store } = world.deps;
    const save: typeof store.save = (stored, next) =>
      next.incidentId === "i-2" ? Promise.reject(new TransientFailure("table")) : store.save(stored, next);
    await expect(sendIncidentMails({ ...world.deps, store: { ...store, save } })).rejects.toThrow("table");
    expect(await queued(world)).toMatchObject([{ incidentId: "i-2" }]);
    await sendIncidentMails(world.deps);
    expect(world.mails.sent).toHaveLength(3);
  });

  test("leaves alone what was sent meanwhile", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("down");
    await raiseIncident(world.deps, trouble());
    world.says.next = undefined;
    world.time.now += MINUTE;
    await Promise.all([sendIncidentMails(world.deps), sendIncidentMails(world.deps), sendIncidentMails(world.deps)]);
    expect(world.mails.sent).toHaveLength(1);
    expect(await queued(world)).toEqual([]);
  });
});

describe("acknowledging", () => {
  const anna = { kind: "person", userId: "anna" } as const;
  const ben = { kind: "person", userId: "ben" } as const;

  test("records who and when; the same again changes nothing, another one is told who has it", async () => {
    const world = await createWorld();
    await raiseIncident(world.deps, trouble());
    world.time.now += MINUTE;
    const etag = (await world.store.read(ID))?.etag;
    const first = await acknowledgeIncident(world.deps, ID, anna, etag);
    expect(first).toMatchObject({
      ok: true,
      value: { incident: { acknowledgedBy: "person:anna", acknowledgedAt: NOON + MINUTE } },
    });
    world.time.now += MINUTE;
    expect(await acknowledgeIncident(world.deps, ID, anna, etag)).toEqual(first);
    expect(await acknowledgeIncident(world.deps, ID, ben)).toEqual({
      ok: false,
      error: { kind: "acknowledged", by: "person:anna", at: NOON + MINUTE },
    });
  });

  test("of two at once one wins and the other is told so", async () => {
    const world = await createWorld();
    await raiseIncident(world.deps, trouble());
    const done = await Promise.all([anna, ben].map((actor) => acknowledgeIncident(world.deps, ID, actor)));
    expect(done.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test("an old ETag and an unknown incident are refused", async () => {
    const world = await createWorld();
    await raiseIncident(world.deps, trouble());
    expect(await acknowledgeIncident(world.deps, ID, anna, 'W/"0"')).toMatchObject({
      error: { kind: "changedMeanwhile" },
    });
    expect(await acknowledgeIncident(world.deps, "nothing", anna)).toMatchObject({ error: { kind: "unknown" } });
    expect((await world.store.read(ID))?.incident).not.toHaveProperty("acknowledgedBy");
  });

  test("does not stop a mail that is still to be sent, nor the other way round", async () => {
    const world = await createWorld();
    world.says.next = () => new TransientFailure("down");
    await raiseIncident(world.deps, trouble());
    world.says.next = undefined;
    world.time.now += MINUTE;
    await Promise.all([acknowledgeIncident(world.deps, ID, anna), sendIncidentMails(world.deps)]);
    expect((await world.store.read(ID))?.incident).toMatchObject({
      acknowledgedBy: "person:anna",
      mail: { status: "accepted" },
    });
  });
});

describe("the mail", () => {
  const surroundings = { supportAddress: SUPPORT, baseUrl: "https://operations.example/api" };

  test.each(SEVERITIES)("of severity %d is one that the service takes and says where to look", (severity) => {
    const incident = freshIncident(trouble({ severity }), NOON);
    const mail = composeIncidentMail(incident, surroundings);
    expect(() => checkMail(mail)).not.toThrow();
    expect(mail.subject.startsWith(`[SEV${severity}] `)).toBe(true);
    const url = "https://operations.example/api/incidents/upgrade%3Ac-1%3Aalpine%3ArollBackFailed";
    for (const part of [url, "alpine", "c-1", "7.13.0.1", "2027-02-01T12:00:00.000Z", "The restore failed."]) {
      expect(mail.text).toContain(part);
      expect(mail.html).toContain(part);
    }
  });

  test("shows what other systems said as text, never as HTML", () => {
    const nasty = `<script>alert("1")</script>&'`;
    const { html = "" } = composeIncidentMail(
      freshIncident(trouble({ title: nasty, detail: nasty }), NOON),
      surroundings,
    );
    expect(html).not.toContain("<script");
    expect(html.split("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;")).toHaveLength(4);
  });
});
