import type { InvocationContext } from "@azure/functions";
import { expect, test } from "vitest";
import { reportingLastDelivery, reportingTimer } from "../../../functions/report-failures.ts";
import { advanceUpgradeHandler } from "../../../functions/upgrades.ts";
import { freshIncident, type NewIncident } from "../../../shared/incidents/core/incident.ts";
import { deadLetterIncident } from "../../../shared/incidents/failed-function.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { createWorld } from "../upgrades/support.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

// The wrapper reads nothing else of it.
const contextOf = (triggerMetadata: object) => ({ triggerMetadata }) as unknown as InvocationContext;

function aQueue(queue = "upgrade-steps", handler: (message: unknown) => unknown = refuse) {
  const incidents: NewIncident[] = [];
  const log = memoryLog();
  const maxDeliveryCount = QUEUES.find(({ name }) => name === queue)?.maxDeliveryCount ?? 1;
  const raiseIncident = async (incident: NewIncident) => void incidents.push(incident);
  const of = { name: "advance-upgrade", queue, maxDeliveryCount };
  return { incidents, log, of, raiseIncident, handle: reportingLastDelivery({ raiseIncident, log }, of, handler) };
}

function refuse(): never {
  throw new PermanentFailure('Row "u|a" of table Upgrades was refused (400 PropertyValueTooLarge).');
}

const wake = { campaignId: "c-1", organisationId: "alpine-foods", poll: true };
const delivery = (deliveryCount: unknown) =>
  contextOf({ deliveryCount, messageId: "c-1:alpine-foods:3", sessionId: "alpine-foods" });

test("the last delivery of a message raises an incident with what, which queue, whose and why, and fails all the same", async () => {
  const { handle, incidents } = aQueue();
  for (const count of [1, 2, 3, 4])
    await expect(handle(wake, delivery(count))).rejects.toThrow("PropertyValueTooLarge");
  expect(incidents).toEqual([]);
  await expect(handle(wake, delivery(5))).rejects.toThrow("PropertyValueTooLarge");
  await expect(handle(wake, delivery(5))).rejects.toThrow("PropertyValueTooLarge");
  expect(new Set(incidents.map(({ incidentId }) => incidentId)).size).toBe(1);
  const [incident] = incidents;
  expect(incident).toMatchObject({
    severity: 0,
    title: "advance-upgrade could not handle a message of alpine-foods",
    subject: { organisationId: "alpine-foods", campaignId: "c-1" },
  });
  for (const part of ["queue upgrade-steps", "session alpine-foods", "PropertyValueTooLarge", "5 deliveries"]) {
    expect(incident?.detail).toContain(part);
  }
});

test.each([
  ["no JSON", "{not json"],
  ["nothing", undefined],
  ["another shape", { nonsense: [true] }],
  ["a number", 7],
  ["a lone surrogate and more than a row takes", { organisationId: `\ud83d${"x".repeat(5000)}` }],
  ["what has no JSON", { big: 1n }],
])("a message that is %s is told as well", async (_, message) => {
  const { deps } = await createWorld();
  const never = async () => {
    throw new Error("It was handled.");
  };
  const { of, raiseIncident, log, incidents } = aQueue();
  const handle = reportingLastDelivery(
    { raiseIncident, log },
    of,
    advanceUpgradeHandler({ advanceUpgrade: never }, deps),
  );
  await expect(handle(message, delivery(5))).rejects.toThrow("The message is no wake-up of an upgrade");
  expect(incidents).toHaveLength(1);
  for (const incident of incidents) expect(freshIncident(incident, 1).severity).toBe(0);
});

test.each([["1"], [undefined], [{}]])(
  "a body that overwrites the delivery count with %o does not keep it from being told",
  async (count) => {
    const { handle, incidents } = aQueue();
    await expect(handle(wake, delivery(count))).rejects.toThrow();
    expect(incidents).toHaveLength(1);
  },
);

test("an incident that cannot be raised is logged, and the message fails with its own reason", async () => {
  const { of, log } = aQueue();
  const raiseIncident = async () => {
    throw new TransientFailure("503");
  };
  await expect(reportingLastDelivery({ raiseIncident, log }, of, refuse)(wake, delivery(5))).rejects.toThrow(
    "TooLarge",
  );
  expect(log.entries).toMatchObject([{ level: "error", event: "incident.notRaised" }]);
});

test.each([
  ["upgrade-steps", 0, "The organisation may be offline", { organisationId: "s-1" }],
  ["campaign-ticks", 1, "The campaign admits and tells nobody", { campaignId: "s-1" }],
  ["functional-checks", 2, "The organisation was not checked.", {}],
  ["mail-reports", 2, "Whether a mail has reached its customer", {}],
  ["another", 1, "What it asked for was not done.", {}],
] as const)("every queue says what it means: %s", async (queue, severity, meaning, subject) => {
  const { handle, incidents } = aQueue(queue);
  const context = contextOf({ deliveryCount: 5, messageId: "m-1", sessionId: "s-1" });
  await expect(handle({ organisationId: "" }, context)).rejects.toThrow();
  await expect(handle({ organisationId: 7 }, context)).rejects.toThrow();
  expect(incidents).toMatchObject([{ severity, subject }, { subject }]);
  expect(incidents[0]).toMatchObject({ incidentId: expect.stringMatching(`^dead-letter:${queue}:[0-9a-f]{64}$`) });
  expect(incidents[0]?.detail).toContain(`Message m-1 of queue ${queue}, session s-1, failed in each of`);
  expect(incidents[0]?.detail).toContain(meaning);
  // Of another message, another incident.
  expect(incidents[0]?.incidentId).not.toBe(incidents[1]?.incidentId);
});

test("every queue has a meaning of its own", () => {
  for (const { name } of QUEUES) {
    const of = { name, queue: name, maxDeliveryCount: 5, messageId: undefined, sessionId: undefined, body: undefined };
    expect(deadLetterIncident(of, "no").detail).not.toContain("What it asked for was not done");
    expect(deadLetterIncident(of, "no")).toMatchObject({
      detail: expect.stringContaining(`Message without an id of queue ${name} failed in each of 5`),
      title: `${name} could not handle a message`,
    });
  }
});

test("a timer that fails for good is told once an hour; one that fails for the moment is not", async () => {
  const incidents: NewIncident[] = [];
  const raiseIncident = async (incident: NewIncident) => void incidents.push(incident);
  const deps = { raiseIncident, log: memoryLog(), clock: { now: () => 3_600_000 } };
  await expect(reportingTimer(deps, "reconcile-upgrades", async () => refuse())()).rejects.toThrow("TooLarge");
  await expect(reportingTimer(deps, "reconcile-upgrades", async () => refuse())()).rejects.toThrow("TooLarge");
  const trouble = async () => {
    throw new TransientFailure("503");
  };
  await expect(reportingTimer(deps, "reconcile-upgrades", trouble)()).rejects.toThrow("503");
  expect(incidents.map(({ incidentId, severity }) => [incidentId, severity])).toEqual([
    ["timer:reconcile-upgrades:1", 1],
    ["timer:reconcile-upgrades:1", 1],
  ]);
});
