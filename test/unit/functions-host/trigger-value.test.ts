// What a Service Bus message becomes for the handler: the measured names, formats and traps. The expectations go through
// the library's own conversion, as the handler sees it.
import { describe, expect, test } from "vitest";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { slots } from "../../../local/functions-host/slots.ts";
import { triggerValue } from "../../../local/functions-host/service-bus/trigger-value.ts";
import type { TypedData } from "../../../local/functions-host/rpc.ts";

const message = (over: object = {}): ServiceBusReceivedMessage => ({
  body: Buffer.from(`{"eventId":"e-1"}`),
  messageId: "m-1",
  deliveryCount: 0,
  lockToken: "11111111-2222-3333-4444-555555555555",
  enqueuedTimeUtc: new Date("2026-11-24T15:37:43.290Z"),
  expiresAtUtc: new Date("2026-12-08T15:37:43.000Z"),
  lockedUntilUtc: new Date("2026-11-24T15:38:43.290Z"),
  applicationProperties: { OrgId: "o-1", "kebab-key": true },
  sessionId: "s-1",
  subject: "created",
  state: "active",
  _rawAmqpMessage: { body: undefined, bodyType: "data" },
  ...over,
});

/** As fromRpcTriggerMetadata of @azure/functions: first letter in lower case, texts parsed where they are JSON. */
function seen(metadata: Readonly<Record<string, TypedData>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, data]) => {
      const text = data.string ?? data.json ?? "";
      let value: unknown = text;
      try {
        value = JSON.parse(text);
      } catch {
        // Stays a text.
      }
      return [name.charAt(0).toLowerCase() + name.slice(1), value];
    }),
  );
}

describe("a single message", () => {
  test("has the real host's names and formats; what is not set is absent", () => {
    const { metadata, data, details } = triggerValue(message(), "ns");
    expect(data).toEqual({ string: `{"eventId":"e-1"}` });
    expect(seen(metadata)).toEqual({
      messageReceiver: {},
      messageSession: {},
      messageActions: {},
      sessionActions: {},
      receiveActions: {},
      client: { FullyQualifiedNamespace: "ns", IsClosed: false, TransportType: 0, Identifier: "ns" },
      deliveryCount: 1,
      lockToken: "11111111-2222-3333-4444-555555555555",
      expiresAtUtc: "2026-12-08T15:37:43",
      expiresAt: "2026-12-08T15:37:43+00:00",
      enqueuedTimeUtc: "2026-11-24T15:37:43.29",
      enqueuedTime: "2026-11-24T15:37:43.29+00:00",
      messageId: "m-1",
      subject: "created",
      label: "created",
      applicationProperties: { OrgId: "o-1", "kebab-key": true },
      userProperties: { OrgId: "o-1", "kebab-key": true },
      sessionId: "s-1",
      eventId: "e-1",
    });
    expect(details).toContain("MessageId: m-1, SequenceNumber: 0, DeliveryCount: 1");
  });

  test("body properties overwrite the broker's, whatever their case; arrays are left out", () => {
    const body = {
      MessageID: "spoofed",
      deliveryCount: 99,
      on: true,
      when: "2026-01-02T03:04:05Z",
      list: [1],
      nested: { a: 1 },
    };
    const { metadata } = triggerValue(message({ body: Buffer.from(JSON.stringify(body)) }), "ns");
    expect(seen(metadata)).toMatchObject({
      messageId: "spoofed",
      deliveryCount: 99,
      on: "True",
      when: "01/02/2026 03:04:05",
      nested: { a: 1 },
    });
    expect(metadata).not.toHaveProperty("list");
    expect(Object.keys(metadata).filter((name) => name.toLowerCase() === "messageid")).toEqual(["MessageId"]);
  });

  test.each([
    [Buffer.from("no json {"), "no json {"],
    [Buffer.from("[1]"), "[1]"],
    [undefined, ""],
    [{ amqp: "value" }, `{"amqp":"value"}`],
    ["text", "text"],
  ])("body %j arrives as %j", (body, expected) => {
    expect(triggerValue(message({ body }), "ns").data).toEqual({ string: expected });
  });
});

test("slots are given in order, never more than there are, and a stop frees who waits", async () => {
  const stop = new AbortController();
  const two = slots(2);
  expect(await Promise.all([two.take(stop.signal), two.take(stop.signal)])).toEqual([true, true]);
  const order: string[] = [];
  const third = two.take(stop.signal).then((got) => order.push(`third ${got}`));
  const fourth = two.take(stop.signal).then((got) => order.push(`fourth ${got}`));
  two.give();
  await third;
  expect(order).toEqual(["third true"]);
  stop.abort();
  await fourth;
  expect(order).toEqual(["third true", "fourth false"]);
  two.give();
  expect(await two.take(new AbortController().signal)).toBe(true);
});
