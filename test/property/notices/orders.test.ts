// Whatever the order in which acceptance, reports, resending and repeated requests come: the notice, the evidence and the
// incidents that support gets are the same in the end.

import fc from "fast-check";
import { expect, test } from "vitest";
import { noticeOperationId } from "../../../shared/notices/compose-mail.ts";
import { resendNotice } from "../../../shared/notices/correct-notices.ts";
import { acceptances } from "../../../shared/notices/evidence.ts";
import { isLost } from "../../../shared/notices/messages.ts";
import { recordBounce } from "../../../shared/notices/record-bounce.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import type { MailOutcome } from "../../../shared/platform/mail/mail.ts";
import { asked, createWorld } from "../../unit/notices/support.ts";

type Event =
  /** The mail service has taken mail 1 or 2, and the sender records it. */
  | { readonly kind: "accepted"; readonly mail: 1 | 2 }
  | { readonly kind: "report"; readonly mail: 1 | 2; readonly recipient: string; readonly status: string }
  | { readonly kind: "resend"; readonly recipients: readonly string[] }
  /** The coordinator asks again, with the contacts that the registry has by now. */
  | { readonly kind: "asked"; readonly recipients: readonly string[] };

const NOTICE_ID = "c-1:alpine-foods:announcement:0";
const ADDRESSES = ["a@alpine.example", "b@alpine.example", "c@alpine.example"];
const CORRECTED = ["a@alpine.example", "new@alpine.example"];

/** Mails on their way: the service has them and the answer has not come yet. */
async function play(recipients: readonly string[], events: readonly Event[]) {
  const answers: ((outcome: MailOutcome) => void)[] = [];
  const send = () => new Promise<MailOutcome>((resolve) => void answers.push(resolve));
  const world = await createWorld({ mailer: { send } });
  await requestNotices(world.deps, [asked({ recipients: [...recipients] })]);
  const begin = async () => {
    const run = sendDueNotices(world.deps);
    const [before] = [answers.length];
    while (answers.length === before) await Promise.resolve();
    return run;
  };
  const runs: Promise<unknown>[] = [begin()];
  /** False when it cannot happen yet. */
  const happen = async (event: Event): Promise<boolean> => {
    switch (event.kind) {
      case "accepted": {
        const answer = answers[event.mail - 1];
        if (answer === undefined) return false;
        answer({ kind: "sent" });
        await runs[event.mail - 1];
        return true;
      }
      case "report": {
        const operationId = noticeOperationId({ noticeId: NOTICE_ID, mailNumber: event.mail });
        if ((await world.rawStore.ownerOfMail(operationId)) === undefined) return false;
        if (isLost({ ...event, operationId })) await recordBounce(world.deps, { ...event, operationId });
        return true;
      }
      case "resend": {
        const done = await resendNotice(world.deps, asked(), event.recipients);
        if (done.ok) runs.push(begin());
        return done.ok;
      }
      case "asked":
        await requestNotices(world.deps, [asked({ recipients: [...event.recipients] })]);
        return true;
    }
  };
  const waiting: Event[] = [];
  for (const event of events) {
    waiting.push(event);
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const one of waiting.slice()) {
        // The sender has to come to its mail first.
        for (let tick = 0; tick < 100; tick++) await Promise.resolve();
        if (!(await happen(one))) continue;
        waiting.splice(waiting.indexOf(one), 1);
        isMoving = true;
      }
    }
  }
  const notice = (await world.rawStore.read(asked()))?.notice;
  return {
    notice,
    evidence: await acceptances(world.rawStore, "c-1", "alpine-foods"),
    incidents: [...world.incidents.values()].toSorted((a, b) => (a.incidentId < b.incidentId ? -1 : 1)),
  };
}

const status = fc.constantFrom("Bounced", "Suppressed", "Delivered", "OutForDelivery", "Vanished");
const reportOn = (mail: 1 | 2, recipients: readonly string[]) =>
  fc.record({
    kind: fc.constant("report" as const),
    mail: fc.constant(mail),
    recipient: fc.constantFrom(...recipients),
    status,
  });

const scene = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => {
    const recipients = ADDRESSES.slice(0, count);
    return fc.record({
      recipients: fc.constant(recipients),
      reports: fc.array(reportOn(1, recipients), { maxLength: 5 }),
      isAllLost: fc.boolean(),
      later: fc.array(reportOn(2, CORRECTED), { maxLength: 3 }),
    });
  })
  .map(({ recipients, reports, isAllLost, later }) => {
    const all = recipients.map((recipient): Event => ({ kind: "report", mail: 1, recipient, status: "Bounced" }));
    const lost = new Set(
      reports.filter((one) => isLost({ ...one, operationId: "" })).map(({ recipient }) => recipient),
    );
    const isResent = isAllLost || lost.size === recipients.length;
    const events: readonly Event[] = [
      { kind: "accepted", mail: 1 },
      { kind: "asked", recipients: CORRECTED },
      ...reports,
      ...(isAllLost ? all : []),
      ...(isResent
        ? ([{ kind: "resend", recipients: CORRECTED }, { kind: "accepted", mail: 2 }, ...later] as const)
        : []),
    ];
    return { recipients, events };
  })
  .chain(({ recipients, events }) =>
    fc.record({
      recipients: fc.constant(recipients),
      events: fc.constant(events),
      order: fc.shuffledSubarray([...events], { minLength: events.length }),
      repeated: fc.subarray(events.filter(({ kind }) => kind === "report" || kind === "asked")),
    }),
  );

test(
  "every order of the same events, repeated or not, ends in the same notice, evidence and incidents",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ recipients, events, order, repeated }) => {
        expect(await play(recipients, [...order, ...repeated])).toEqual(await play(recipients, events));
      }),
      { numRuns: 300 },
    );
  },
);

test.each([
  ["one contact", ADDRESSES.slice(0, 1), [2]],
  ["two contacts", ADDRESSES.slice(0, 2), [3, 3, 2]],
])(
  "a bounce before the acceptance is recorded: nobody was told, %s",
  { timeout: 60_000 },
  async (_, recipients, severities) => {
    const bounces = recipients.map((recipient): Event => ({ kind: "report", mail: 1, recipient, status: "Bounced" }));
    const { notice, evidence, incidents } = await play(recipients, [...bounces, { kind: "accepted", mail: 1 }]);
    expect(notice).toMatchObject({ status: "bounced", bouncedRecipients: recipients });
    expect(evidence).toEqual([]);
    expect(incidents.map(({ severity }) => severity).toSorted((a, b) => b - a)).toEqual(severities);
    expect(incidents.find(({ severity }) => severity === 2)?.detail).toContain("will not be upgraded");
    expect(incidents.map(({ detail }) => detail).join("\n")).not.toContain("has been told.\nSomebody");
  },
);

test("a status that nobody knows counts as lost, and is kept as it was written", async () => {
  const { notice } = await play(ADDRESSES.slice(0, 1), [
    { kind: "report", mail: 1, recipient: "A@alpine.example", status: "Vanished" },
    { kind: "accepted", mail: 1 },
  ]);
  expect(notice).toMatchObject({ status: "bounced", bounces: [{ recipient: "a@alpine.example", status: "Vanished" }] });
});
