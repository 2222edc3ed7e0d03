// The look-up of a host over real DNS messages, against a small server.

import { afterEach, describe, expect, test } from "vitest";
import { dnsResolver } from "../../../shared/platform/outbound/resolve.ts";
import { targetOf } from "../../../shared/platform/outbound/target.ts";
import { A, AAAA, startDnsServer, type Reply } from "../../support/dns-server.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function dnsServer(replies: { readonly v4: Reply; readonly v6: Reply }) {
  const { asked, address, close } = await startDnsServer(replies);
  closing.push(close);
  const resolve = dnsResolver([address]);
  return { asked, resolve, lookUp: (signal = AbortSignal.timeout(5000)) => resolve("hooks.example.com", signal) };
}

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
      targetOf({ resolve, outbound: { allowLocal: false } }, "https://hooks.example.com/", AbortSignal.timeout(5000));
    expect(await target()).toMatchObject({ ok: true, value: { addresses: ["93.184.215.14"] } });
    replies.v4 = ["169.254.169.254"];
    expect(await target()).toMatchObject({ ok: false });
  });
});
