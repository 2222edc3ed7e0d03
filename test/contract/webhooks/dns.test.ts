// The look-up of a host over real DNS messages, against a small server.

import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { dnsResolver, targetOf } from "../../../shared/webhooks/target.ts";

type Reply = readonly string[] | "absent" | "broken" | "silent";

const A = 1;
const AAAA = 28;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A DNS server that answers every question for IPv4 and IPv6 addresses like this. */
async function dnsServer(replies: { readonly v4: Reply; readonly v6: Reply }) {
  const socket = createSocket("udp4");
  const asked: number[] = [];
  socket.on("message", (query, from) => {
    // The name ends with a zero byte; then come type and class.
    const end = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(end - 4);
    asked.push(type);
    const reply = type === A ? replies.v4 : replies.v6;
    if (reply !== "silent") socket.send(answerTo(query.subarray(0, end), type, reply), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  closing.push(() => socket.close());
  const resolve = dnsResolver([`127.0.0.1:${socket.address().port}`]);
  return { asked, resolve, lookUp: (signal = AbortSignal.timeout(5000)) => resolve("hooks.example.com", signal) };
}

function answerTo(question: Buffer, type: number, reply: Exclude<Reply, "silent">): Buffer {
  const addresses = typeof reply === "string" ? [] : reply;
  const head = Buffer.from(question);
  // A response with recursion; code 3: no such name, 2: the server has failed.
  head.writeUInt16BE(0x8180 + (reply === "absent" ? 3 : reply === "broken" ? 2 : 0), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const data = Buffer.from(isIPv4(address) ? address.split(".").map(Number) : bytesOf(address));
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, ...records]);
}

/** Of an IPv6 address with all its eight words. */
const bytesOf = (address: string): readonly number[] =>
  address.split(":").flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]);

const V6 = "2606:4700:0:0:0:0:0:1111";

describe("a host name", () => {
  test("has all its addresses, IPv4 first, from one question each", async () => {
    const server = await dnsServer({ v4: ["93.184.215.14", "10.0.0.1"], v6: [V6] });
    expect(await server.lookUp()).toEqual(["93.184.215.14", "10.0.0.1", "2606:4700::1111"]);
    expect(server.asked.toSorted((a, b) => a - b)).toEqual([A, AAAA]);
  });

  test("of one kind only is fine; one that does not exist has none", async () => {
    expect(await (await dnsServer({ v4: ["93.184.215.14"], v6: [] })).lookUp()).toEqual(["93.184.215.14"]);
    expect(await (await dnsServer({ v4: "absent", v6: "absent" })).lookUp()).toEqual([]);
  });

  test("with half an answer has none: the other half could be what must be refused", async () => {
    const server = await dnsServer({ v4: ["93.184.215.14"], v6: "broken" });
    await expect(server.lookUp()).rejects.toThrow(/ESERVFAIL/u);
  });

  test("is given up when the caller stops", async () => {
    const server = await dnsServer({ v4: "silent", v6: "silent" });
    const stop = new AbortController();
    const failed = expect(server.lookUp(stop.signal)).rejects.toThrow(/ECANCELLED/u);
    await expect.poll(() => server.asked.length, { timeout: 4000 }).toBeGreaterThan(0);
    stop.abort();
    await failed;
  });

  test("that turns from public to private is refused at the next attempt", async () => {
    const replies = { v4: ["93.184.215.14"] as readonly string[], v6: [] };
    const { resolve } = await dnsServer(replies);
    const target = () =>
      targetOf({ resolve, allowLocal: false }, "https://hooks.example.com/", AbortSignal.timeout(5000));
    expect(await target()).toMatchObject({ ok: true, value: { addresses: ["93.184.215.14"] } });
    replies.v4 = ["169.254.169.254"];
    expect(await target()).toMatchObject({ ok: false });
  });
});
