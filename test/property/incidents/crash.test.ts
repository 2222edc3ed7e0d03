// R1 and R2 of raise-incident.ts: the process dies at every call of tables and mail service, once and twice, and the
// service misbehaves; in the end exactly one mail was taken, and none is left behind.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { raiseIncident } from "../../../shared/incidents/raise-incident.ts";
import { sendIncidentMails } from "../../../shared/incidents/send-incident-mails.ts";
import type { Mailer } from "../../../shared/platform/mail/mail.ts";
import { Crash, guardTables, survive } from "../../support/crash.ts";
import { createWorld, MINUTE, SUPPORT, trouble, type World } from "../../unit/incidents/support.ts";

/** Number of the outside call, from 1 over all processes, and whether it takes effect before the process dies. */
interface Death {
  readonly call: number;
  readonly effect: "lost" | "done";
}

/** Counts calls that leave the process. A process that has died does nothing any more. */
function lives(deaths: readonly Death[]) {
  let [calls, isDead] = [0, false];
  return {
    calls: () => calls,
    restart: () => void (isDead = false),
    guard: async <T>(call: () => Promise<T>): Promise<T> => {
      if (isDead) throw new Crash();
      calls += 1;
      const death = deaths.find((one) => one.call === calls);
      isDead = death !== undefined;
      if (death?.effect === "lost") throw new Crash();
      const result = await call();
      if (isDead) throw new Crash();
      return result;
    },
  };
}
type Lives = ReturnType<typeof lives>;

const ANSWERS = ["taken", "takenUnheard", "busy", "refused", "failed"] as const;
type MailAnswer = (typeof ANSWERS)[number];

/** Answers as listed, then takes everything. `takenUnheard`: the mail is taken, and the answer lost. */
const moody =
  (world: () => World, answers: readonly MailAnswer[], { guard }: Lives) =>
  (mailer: Mailer): Mailer => {
    let count = 0;
    return {
      send: (mail) =>
        guard(async () => {
          const answer = answers[count];
          count += 1;
          if (answer === "busy") throw new TransientFailure("busy");
          if (answer === "refused") throw new PermanentFailure("bad key");
          if (answer === "failed") world().mails.failNext(SUPPORT, "blocked");
          const outcome = await mailer.send(mail);
          if (answer === "takenUnheard") throw new TransientFailure("no answer");
          return outcome;
        }),
    };
  };

interface Story {
  readonly answers: readonly MailAnswer[];
  readonly deaths: readonly Death[];
  /** Whether whoever raised the incident raises it again after a crash. */
  readonly isPatient: boolean;
}

async function tell({ answers, deaths, isPatient }: Story) {
  const life = lives(deaths);
  const holder: { world?: World } = {};
  const worldOf = (): World => {
    if (holder.world === undefined) throw new Error("The world is not made yet.");
    return holder.world;
  };
  const world = await createWorld({
    tables: (raw) => guardTables(raw, life.guard),
    mailer: moody(worldOf, answers, life),
  });
  holder.world = world;
  for (;;) {
    life.restart();
    const done = await survive(() => raiseIncident(world.deps, trouble()));
    if (done !== undefined || !isPatient) break;
  }
  const isStored = (await world.store.read(trouble().incidentId)) !== undefined;
  for (let round = 0; round < 60; round++) {
    if ((await world.store.pending(Number.MAX_SAFE_INTEGER)).length === 0) break;
    world.time.now += 15 * MINUTE;
    life.restart();
    await survive(() => sendIncidentMails(world.deps));
  }
  const mail = (await world.store.read(trouble().incidentId))?.incident.mail;
  const left = await world.store.pending(Number.MAX_SAFE_INTEGER);
  return { world, calls: life.calls(), isStored, left, mail };
}

async function expectOneMail(story: Story): Promise<void> {
  const { world, isStored, left, mail } = await tell(story);
  const said = JSON.stringify(story);
  if (story.isPatient) expect(isStored, said).toBe(true);
  expect(left, said).toEqual([]);
  expect(world.mails.sent.length, said).toBe(isStored ? 1 : 0);
  expect(mail?.status, said).toBe(isStored ? "accepted" : undefined);
  if (!story.answers.includes("failed")) {
    expect(new Set(world.asked.map(({ operationId }) => operationId)).size, said).toBeLessThanOrEqual(1);
  }
}

const EFFECTS = ["lost", "done"] as const;

describe.each<readonly MailAnswer[]>([["taken"], ["takenUnheard"], ["busy", "takenUnheard"], ["refused"], ["failed"]])(
  "when the mail service says first: %s",
  (...answers) => {
    test.each([true, false])(
      "no crash and no pair of crashes loses or doubles the mail (raised again: %s)",
      async (isPatient) => {
        const { calls } = await tell({ answers, deaths: [], isPatient });
        expect(calls).toBeGreaterThan(3);
        // Repeating after a crash makes calls of its own: the second death may come in them.
        const last = calls * 2 + 6;
        let stories = 0;
        for (let first = 1; first <= calls; first++) {
          for (const effect of EFFECTS) {
            const death = { call: first, effect };
            await expectOneMail({ answers, deaths: [death], isPatient });
            stories += 1;
            for (let second = first + 1; second <= last; second++) {
              for (const other of EFFECTS) {
                await expectOneMail({ answers, deaths: [death, { call: second, effect: other }], isPatient });
                stories += 1;
              }
            }
          }
        }
        expect(stories).toBeGreaterThan(100);
      },
    );
  },
);

test("nor does any mixture of crashes and moods", async () => {
  const death = fc.record({ call: fc.integer({ min: 1, max: 60 }), effect: fc.constantFrom(...EFFECTS) });
  const story = fc.record({
    answers: fc.array(fc.constantFrom(...ANSWERS), { maxLength: 8 }),
    deaths: fc.array(death, { maxLength: 8 }),
    isPatient: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(story, expectOneMail), { numRuns: 500 });
});
