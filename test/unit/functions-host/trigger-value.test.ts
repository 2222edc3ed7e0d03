// What a Service Bus message becomes for the handler: the measured names and traps.
import { expect, test } from "vitest";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { slots } from "../../../local/functions-host/slots.ts";
import { triggerValue } from "../../../local/functions-host/service-bus/trigger-value.ts";

const message = (body: unknown, more: object = {}): ServiceBusReceivedMessage => ({
  body,
  messageId: "m-1",
  deliveryCount: 0,
  sessionId: "s-1",
  applicationProperties: { traceparent: "00-1" },
  state: "active",
  _rawAmqpMessage: { body: undefined, bodyType: "data" },
  ...more,
});

test("body and metadata have the real host's names; what is not set is absent", () => {
  const { metadata, data, details } = triggerValue(message(Buffer.from(`{"eventId":"e-1"}`)));
  expect(data).toEqual({ string: `{"eventId":"e-1"}` });
  expect(metadata).toEqual({
    DeliveryCount: { json: "1" },
    MessageId: { string: "m-1" },
    ApplicationProperties: { json: `{"traceparent":"00-1"}` },
    SessionId: { string: "s-1" },
    eventId: { string: "e-1" },
  });
  expect(details).toBe("MessageId: m-1, SequenceNumber: 0, DeliveryCount: 1, SessionId: s-1");
  expect(triggerValue(message("", { sessionId: undefined })).metadata).not.toHaveProperty("SessionId");
});

test("body properties overwrite the broker's, whatever their case", () => {
  const body = { MessageID: "spoofed", deliveryCount: 99, nested: { a: 1 } };
  expect(triggerValue(message(Buffer.from(JSON.stringify(body)))).metadata).toEqual({
    DeliveryCount: { string: "99" },
    MessageId: { string: "spoofed" },
    ApplicationProperties: { json: `{"traceparent":"00-1"}` },
    SessionId: { string: "s-1" },
    nested: { string: `{"a":1}` },
  });
});

test.each([
  [Buffer.from("no json {"), "no json {"],
  [Buffer.from("[1]"), "[1]"],
  [undefined, ""],
  [{ amqp: "value" }, `{"amqp":"value"}`],
  ["text", "text"],
])("body %j arrives as %j", (body, expected) => {
  expect(triggerValue(message(body)).data).toEqual({ string: expected });
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
