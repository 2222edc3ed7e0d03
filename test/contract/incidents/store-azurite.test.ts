// Incidents on Azure Tables (Azurite), through the official SDK, and in memory: raise, list, mail, acknowledge.

import { describe, expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { acknowledgeIncident } from "../../../shared/incidents/acknowledge-incident.ts";
import { SEVERITIES, type Incident } from "../../../shared/incidents/core/incident.ts";
import { raiseIncident } from "../../../shared/incidents/raise-incident.ts";
import { sendIncidentMails } from "../../../shared/incidents/send-incident-mails.ts";
import type { IncidentStore } from "../../../shared/incidents/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { createWorld, MINUTE, trouble } from "../../unit/incidents/support.ts";

const azure = azuriteTables();

async function all(store: Pick<IncidentStore, "list">, severity?: Incident["severity"]) {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ severity, limit: 3, cursor });
    found.push(...page.items.map(({ incidentId }) => incidentId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

test.each([
  ["in memory", memoryTables],
  ["on Azure Tables", azure],
])("incidents live %s: raised once, listed, mailed, acknowledged", async (_, tables) => {
  const world = await createWorld({ raw: tables() });
  const ids = Array.from({ length: 12 }, (_, n) => `i:${n}`);
  world.says.next = () => new TransientFailure("down");
  for (const [n, incidentId] of ids.entries()) {
    world.time.now += 1000;
    const severity = SEVERITIES[n % 4] ?? 0;
    const both = await Promise.all(
      [1, 2].map(() => raiseIncident(world.deps, trouble({ incidentId, severity, title: "100 % # ? / \\ ü 😀" }))),
    );
    expect(both.toSorted()).toEqual(["known", "raised"]);
  }
  expect(await all(world.store)).toEqual(ids.toReversed());
  expect(await all(world.store, 2)).toEqual(["i:10", "i:6", "i:2"]);

  world.says.next = undefined;
  world.time.now += 5 * MINUTE;
  expect((await world.store.pending(world.time.now)).map(({ severity }) => severity)).toEqual(
    SEVERITIES.flatMap((severity) => [severity, severity, severity]),
  );
  // Two timers at once, and somebody acknowledges meanwhile.
  const anna = { kind: "person", userId: "anna" } as const;
  const [, , done] = await Promise.all([
    sendIncidentMails(world.deps),
    sendIncidentMails(world.deps),
    acknowledgeIncident(world.deps, "i:0", anna),
  ]);
  expect(done).toMatchObject({ ok: true });
  expect(world.mails.sent).toHaveLength(12);
  expect(await world.store.pending(Number.MAX_SAFE_INTEGER)).toEqual([]);
  expect(await world.store.read("i:0")).toMatchObject({
    incident: { acknowledgedBy: "person:anna", title: "100 % # ? / \\ ü 😀", mail: { status: "accepted" } },
  });
});

describe("an incident with every text at its limit", () => {
  test("fits into a row of Azure Tables", async () => {
    const world = await createWorld({ raw: azure() });
    const id = "x".repeat(200);
    const long = trouble({
      incidentId: id,
      title: "😀".repeat(500),
      detail: "ü".repeat(9000),
      subject: { campaignId: "c".repeat(900) },
    });
    expect(await raiseIncident(world.deps, long)).toBe("raised");
    expect((await world.store.read(id))?.incident.mail.status).toBe("accepted");
  });
});
