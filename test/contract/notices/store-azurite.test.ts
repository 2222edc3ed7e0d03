// The rows of notices on Azure Tables (Azurite), through the official SDK: request, send, bounce, resend, withdraw.

import { expect, test } from "vitest";
import { resendNotice, withdrawNotices } from "../../../shared/notices/correct-notices.ts";
import { acceptances } from "../../../shared/notices/evidence.ts";
import { recordBounce } from "../../../shared/notices/record-bounce.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { noticeStore } from "../../../shared/notices/store.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { asked, createWorld, HOUR, NOON } from "../../unit/notices/support.ts";
import { NOTICES_TABLE } from "../../../shared/notices/resources.ts";

const azure = azuriteTables();

test("a notice lives on Azure Tables as it does in memory", async () => {
  const tables = azure();
  await tables.ensure([NOTICES_TABLE]);
  const world = await createWorld();
  const store = noticeStore(tables);
  const deps = { ...world.deps, store };
  const many = Array.from({ length: 40 }, (_, n) => asked({ organisationId: `organisation-${n}`, deadline: NOON + n }));
  expect(await requestNotices(deps, many)).toEqual({ fresh: 40, known: 0 });
  expect(await requestNotices(deps, many)).toEqual({ fresh: 0, known: 40 });

  // Two senders at once: 30 a minute, no mail twice.
  await Promise.all([sendDueNotices(deps), sendDueNotices(deps)]);
  world.time.now = NOON + HOUR;
  await sendDueNotices(deps);
  world.time.now = NOON + 2 * HOUR;
  expect(await sendDueNotices(deps)).toMatchObject({ failed: 0, postponed: 0 });
  expect(world.mailer.sent.map(({ operationId }) => operationId)).toHaveLength(40);
  expect(await store.pending(Number.MAX_SAFE_INTEGER)).toEqual([]);

  const of = { campaignId: "c-1", organisationId: "organisation-7", sequence: 1 };
  const evidence = async () => (await acceptances(store, of.campaignId, of.organisationId))[0];
  expect(await evidence()).toMatchObject({ noticeId: "c-1:organisation-7:announcement:0" });
  const operationId = world.mailer.sent.find(({ text }) => text !== "")?.operationId ?? "";
  expect(await recordBounce(deps, { operationId, recipient: "it@alpine.example" })).toBe("recorded");
  const owner = await store.ownerOfMail(operationId);
  if (owner === undefined) throw new Error("The mail has no notice.");
  expect(await acceptances(store, owner.campaignId, owner.organisationId)).toEqual([]);
  expect(await resendNotice(deps, owner, ["new@alpine.example"])).toMatchObject({ ok: true });
  expect(await withdrawNotices(deps, { ...owner, sequence: 1 })).toBe(1);
  expect(await store.pending(Number.MAX_SAFE_INTEGER)).toEqual([]);
});
