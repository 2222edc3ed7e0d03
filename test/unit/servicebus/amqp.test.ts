import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../local/servicebus/amqp/addresses.ts";
import { LockTokens } from "../../../local/servicebus/amqp/lock-tokens.ts";
import { readBatch, readMessage, writeMessage } from "../../../local/servicebus/amqp/message.ts";
import { verifySas } from "../../../local/servicebus/amqp/sas.ts";
import { encodeCompound, encodeText, MalformedMessage } from "../../../local/servicebus/amqp/wire.ts";
import { receive } from "../../../local/servicebus/engine/receive.ts";
import { send } from "../../../local/servicebus/engine/send.ts";
import { createHmac } from "node:crypto";
import rhea from "rhea";
import fc from "fast-check";
import { queueIn, spaceOf } from "./support.ts";

const newId = (): string => "0123456789abcdef0123456789abcdef";
const data = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x00, 0x53, 0x75, 0xa0, text.length]), Buffer.from(text)]);

describe("addresses", () => {
  test.each([
    ["queue", { kind: "entity", entity: "queue" }],
    ["/Queue", { kind: "entity", entity: "queue" }],
    ["sb://localhost:5672/queue/$DeadLetterQueue", { kind: "entity", entity: "queue/$deadletterqueue" }],
    ["queue/$management", { kind: "management", entity: "queue" }],
    ["amqp://host/$cbs", { kind: "cbs" }],
  ])("%s", (text, parsed) => {
    expect(parseAddress(text)).toEqual(parsed);
  });
});

describe("lock tokens", () => {
  test("travel in both byte orders and mean the same lock", () => {
    const tokens = new LockTokens(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
    const lock = 2 ** 40 + 5;
    expect(tokens.tag(lock).subarray(0, 8)).toEqual(Buffer.from([3, 2, 1, 0, 5, 4, 7, 6]));
    expect(tokens.fromTag(tokens.tag(lock))).toBe(lock);
    expect(tokens.fromUuid(Buffer.of(0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 1, 0, 0, 0, 0, 5))).toBe(lock);
  });

  test("of another broker start mean no lock", () => {
    expect(new LockTokens().fromTag(new LockTokens().tag(1))).toBeUndefined();
    expect(new LockTokens().fromTag(Buffer.from("short"))).toBeUndefined();
  });
});

describe("messages", () => {
  test("properties, application properties, body and footer keep their bytes", () => {
    const properties = encodeCompound(0x73, 0xd0, [encodeText("id"), Buffer.of(0x40)]);
    const application = encodeCompound(0x74, 0xd1, [
      encodeText("int"),
      Buffer.of(0x54, 5),
      encodeText("u"),
      Buffer.of(0x43),
    ]);
    const footer = encodeCompound(0x78, 0xd1, [encodeText("f"), Buffer.of(0x41)]);
    const payload = Buffer.concat([properties, application, data("body"), footer]);
    const read = readMessage(payload, newId);
    expect(read.messageId).toBe("id");
    expect(Buffer.from(read.content.payload).equals(payload)).toBe(true);
  });

  test("header and annotations are read, and the broker's own annotations are not taken from senders", () => {
    const encoded = rhea.message.encode({
      durable: true,
      priority: 7,
      ttl: 5000,
      message_annotations: {
        "x-opt-scheduled-enqueue-time": rhea.types.wrap_timestamp(12_345),
        "x-opt-sequence-number": 99,
        "x-opt-partition-key": "key",
        custom: 1,
      },
      message_id: "id",
      group_id: "session",
      body: rhea.message.data_section(Buffer.from("b")),
    });
    const read = readMessage(encoded, newId);
    expect(read).toMatchObject({ messageId: "id", sessionId: "session", ttlMs: 5000, scheduledAt: 12_345 });
    expect(read.content).toMatchObject({ durable: true, priority: 7 });
    const annotations = Buffer.from(read.content.annotations).toString("latin1");
    expect(annotations).toContain("x-opt-partition-key");
    expect(annotations).toContain("custom");
    expect(annotations).not.toContain("x-opt-sequence-number");
  });

  test("what is written is what a client reads, with added properties merged in", () => {
    const space = spaceOf({});
    const queue = queueIn(space);
    const application = encodeCompound(0x74, 0xd1, [
      encodeText("kept"),
      Buffer.of(0x54, 5),
      encodeText("old"),
      Buffer.of(0x41),
    ]);
    send(space, queue, [readMessage(Buffer.concat([application, data("body")]), newId)], 1000);
    const lock = receive(space, queue, undefined, 1000, Infinity);
    if (lock === undefined) throw new Error("no message");
    lock.message.added = new Map([
      ["old", "new"],
      ["more", "text"],
    ]);
    const client = rhea.message.decode(writeMessage(lock.message, lock.until));
    expect(client["message_id"]).toBe(newId());
    expect(client["application_properties"]).toEqual({ kept: 5, old: "new", more: "text" });
    expect(client["message_annotations"]).toMatchObject({
      "x-opt-sequence-number": 1,
      "x-opt-enqueued-time": new Date(1000),
      "x-opt-locked-until": new Date(2000),
      "x-opt-message-state": 0,
    });
    expect(client["body"].content.toString()).toBe("body");
  });

  test("a batch is its data sections", () => {
    const inner = (id: string): Buffer => Buffer.concat([encodeCompound(0x73, 0xd0, [encodeText(id)]), data(id)]);
    const section = (bytes: Buffer): Buffer =>
      Buffer.concat([Buffer.from([0x00, 0x53, 0x75, 0xa0, bytes.length]), bytes]);
    const batch = Buffer.concat([
      encodeCompound(0x73, 0xd0, [encodeText("outer")]),
      section(inner("a")),
      section(inner("b")),
    ]);
    expect(readBatch(batch, newId).map(({ messageId }) => messageId)).toEqual(["a", "b"]);
  });

  test("arbitrary bytes are read or refused, nothing else", () => {
    const start = fc.constantFrom(
      [],
      [0, 0x53, 0x73],
      [0, 0x53, 0x72, 0xc1],
      [0, 0x53, 0x70, 0xc0],
      [0, 0x53, 0x74, 0xd1],
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (prefix, bytes) => {
        try {
          readMessage(Buffer.from([...prefix, ...bytes]), newId);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("shared access signatures", () => {
  const key = { name: "name", value: "secret" };
  const token = (overrides: Readonly<Record<string, string>> = {}): string => {
    const sr = encodeURIComponent("sb://localhost/q");
    const se = overrides["se"] ?? "2000";
    const sig = createHmac("sha256", overrides["key"] ?? key.value)
      .update(`${sr}\n${se}`)
      .digest("base64");
    return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${overrides["skn"] ?? key.name}`;
  };

  test("a good one is valid until its end", () => {
    expect(verifySas(token(), key, 1_999_999)).toEqual({ ok: true, value: 2_000_000 });
  });

  test.each([
    ["expired", token(), 2_000_000],
    ["signed with another key", token({ key: "other" }), 0],
    ["of another key name", token({ skn: "other" }), 0],
    ["with an end that is no number", token({ se: "soon" }), 0],
    ["of another kind", "Bearer x", 0],
    ["without fields", "SharedAccessSignature x=y", 0],
    ["with broken escapes", "SharedAccessSignature sr=%&sig=%E0%A4%A&se=1&skn=name", 0],
  ])("one %s is refused", (_, text, now) => {
    const verdict = verifySas(text, key, now);
    expect(verdict.ok).toBe(false);
    expect(JSON.stringify(verdict)).not.toContain(key.value);
  });
});
