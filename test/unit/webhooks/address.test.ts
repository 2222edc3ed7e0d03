// Where a webhook may not point: as text, by what its name resolves to, when it is made and at every send.

import { describe, expect, test, vi } from "vitest";
import { isPublicAddress, parseAddress } from "../../../shared/platform/outbound/address.ts";
import { targetOf } from "../../../shared/platform/outbound/target.ts";
import { ALICE, config, createWorld, event, MINUTE, NOON } from "./support.ts";

const PUBLIC = "93.184.215.14";

describe("the text of an address", () => {
  test.each([
    ["not a url", /absolute URL/u],
    ["", /absolute URL/u],
    ["/path", /absolute URL/u],
    [`https://hooks.example.com/${"x".repeat(500)}`, /at most 500 characters/u],
    ["http://hooks.example.com/", /https URL/u],
    ["ftp://hooks.example.com/", /https URL/u],
    ["file:///etc/passwd", /https URL/u],
    ["http://127.0.0.1:8080/", /https URL/u],
    ["https://hooks.example.com:8443/", /port 443/u],
    ["https://user:pass@hooks.example.com/", /user name or password/u],
    ["https://hooks.example.com/?sig=abc", /no query/u],
    ["https://hooks.example.com/#x", /no fragment/u],
    ["https://8.8.8.8/", /not an IP address/u],
    ["https://127.0.0.1/", /not an IP address/u],
    ["https://2130706433/", /not an IP address/u],
    ["https://0x7f.1/", /not an IP address/u],
    ["https://0177.0.0.1/", /not an IP address/u],
    ["https://127。0。0。1/", /not an IP address/u],
    ["https://[::1]/", /not an IP address/u],
    ["https://[::ffff:169.254.169.254]/", /not an IP address/u],
    ["https://localhost/", /public host/u],
    ["https://intranet/", /public host/u],
    ["https://hooks.example.com./", /public host/u],
  ])("%s is refused", (text, message) => {
    const parsed = parseAddress(text, { allowLocal: false });
    expect(parsed.ok ? "accepted" : parsed.error).toMatch(message);
  });

  test("https to a public host is accepted; http only to 127.0.0.1 and only where the setting allows it", () => {
    expect(parseAddress("https://hooks.example.com/docuware/events", { allowLocal: false }).ok).toBe(true);
    expect(parseAddress("https://hooks.example.com:443", { allowLocal: false }).ok).toBe(true);
    expect(parseAddress("http://127.0.0.1:8080/x", { allowLocal: true }).ok).toBe(true);
    for (const text of ["http://127.0.0.2/", "http://localhost/", "https://127.0.0.1/", "http://10.0.0.1/"]) {
      expect(parseAddress(text, { allowLocal: true }).ok, text).toBe(false);
    }
  });
});

describe("an IP address", () => {
  test.each([
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "168.63.129.16",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
    "no address",
    "",
    "1.2.3",
  ])("%s is not public", (address) => expect(isPublicAddress(address)).toBe(false));

  test.each([PUBLIC, "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e"])(
    "%s is public",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe("what a name resolves to", () => {
  const target = (addresses: readonly string[] | Error) =>
    targetOf(
      {
        outbound: { allowLocal: false },
        resolve: async () => {
          if (addresses instanceof Error) throw addresses;
          return addresses;
        },
      },
      "https://hooks.example.com/x",
      new AbortController().signal,
    );

  test("public addresses, all of them, at most four", async () => {
    expect(await target([PUBLIC, "2606:4700::1111"])).toMatchObject({
      value: { addresses: [PUBLIC, "2606:4700::1111"] },
    });
    expect(await target(Array.from({ length: 9 }, (_, n) => `8.8.8.${n}`))).toMatchObject({
      value: { addresses: ["8.8.8.0", "8.8.8.1", "8.8.8.2", "8.8.8.3"] },
    });
  });

  test.each<[string, readonly string[] | Error, RegExp]>([
    ["nothing", [], /has no address in DNS/u],
    ["a private one", ["10.0.0.4"], /not public/u],
    ["a private one behind a public one", [PUBLIC, "169.254.169.254"], /not public/u],
    ["a fifth one that is private", [...Array<string>(4).fill(PUBLIC), "10.0.0.4"], /not public/u],
    ["something that is none", ["hooks.example.com"], /not public/u],
    ["trouble", new Error("queryA ESERVFAIL hooks.example.com"), /can be looked up: queryA ESERVFAIL/u],
  ])("%s is refused, without telling the address", async (_, addresses, message) => {
    const refused = await target(addresses);
    expect(refused.ok ? "accepted" : refused.error).toMatch(message);
    expect(JSON.stringify(refused)).not.toMatch(/10\.0\.0\.4|169\.254/u);
  });
});

describe("DNS rebinding", () => {
  test("a name that turns to our network after the webhook was made gets nothing, and again something when it is public", async () => {
    let addresses = [PUBLIC];
    const asked: string[] = [];
    const world = await createWorld({ resolve: async (hostname) => (asked.push(hostname), addresses) });
    const webhookId = await world.subscribe();
    expect(asked).toEqual(["hooks.example.com"]);
    addresses = ["169.254.169.254"];
    await world.verbs.publish(event(1));
    expect(await world.verbs.sendDue()).toMatchObject({ postponed: 1 });
    expect(world.hook.received).toEqual([]);
    expect((await world.ledger(webhookId))[0]?.attempts).toMatchObject([
      { failure: "The address must name a public host: hooks.example.com has an address that is not public." },
    ]);
    addresses = ["8.8.4.4"];
    await world.runUntil(NOON + 30 * MINUTE);
    expect(world.hook.received).toMatchObject([{ step: 1, addresses: ["8.8.4.4"] }]);
    // Once when it was made, once per attempt: the connection itself asks for nothing.
    expect(asked).toHaveLength(3);
  });

  test("a look-up that hangs does not hang the run", async () => {
    const world = await createWorld({
      resolve: (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped")))),
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const created = world.verbs.create(config(), ALICE);
      await vi.advanceTimersByTimeAsync(8000);
      expect(await created).toMatchObject({
        ok: false,
        error: { kind: "badAddress", reason: expect.stringMatching(/in time$/u) },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test("local development: http to this machine, without DNS, and only while the setting is on", async () => {
    const resolve = async () => {
      throw new Error("DNS was asked.");
    };
    const world = await createWorld({ resolve, outbound: { allowLocal: true } });
    await world.subscribe({ url: "http://127.0.0.1:9/x" });
    await world.verbs.publish(event(1));
    expect(await world.verbs.sendDue()).toMatchObject({ delivered: 1 });
    const strict = await createWorld({ resolve });
    expect(await strict.verbs.create(config({ url: "http://127.0.0.1:9/x" }), ALICE)).toMatchObject({ ok: false });
  });
});
