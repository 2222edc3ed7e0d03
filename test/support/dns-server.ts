// A DNS server for tests: the look-up of hosts over real DNS messages.

import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";

/** The addresses, or what is wrong. */
export type Reply = readonly string[] | "absent" | "broken" | "silent";

export const A = 1;
export const AAAA = 28;

export interface DnsServer {
  /** `address:port`. */
  readonly address: string;
  /** Types of the questions, in order. */
  readonly asked: readonly number[];
  readonly close: () => void;
}

/** Answers every question for IPv4 and IPv6 addresses like this, whatever the name. */
export async function startDnsServer(replies: { readonly v4: Reply; readonly v6: Reply }): Promise<DnsServer> {
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
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => void socket.close() };
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
