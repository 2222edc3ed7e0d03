// The guard of addresses against an independent list: IANA's special-purpose blocks in Node's own BlockList.

import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isPublicAddress } from "../../../shared/platform/outbound/address.ts";

const IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["168.63.129.16", 32],
];
const IPV6: readonly (readonly [string, number])[] = [
  ["::", 3],
  ["4000::", 2],
  ["8000::", 1],
  ["2001::", 32],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

// Two lists: Node compares an IPv4 address with IPv6 blocks as well, as a mapped one.
const blocked4 = new BlockList();
for (const [net, bits] of IPV4) blocked4.addSubnet(net, bits, "ipv4");
const blocked6 = new BlockList();
for (const [net, bits] of IPV6) blocked6.addSubnet(net, bits, "ipv6");

const ipv4Of = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

test("IPv4: public exactly when in no special block, at every edge of a block and at random", () => {
  const edges = IPV4.flatMap(([net, bits]) => {
    const first = numberOf(net);
    const last = first + 2 ** (32 - bits) - 1;
    return [first - 1, first, last, last + 1].filter((number) => number >= 0 && number < 2 ** 32);
  });
  const agrees = (number: number): void => {
    const address = ipv4Of(number);
    expect({ address, isPublic: isPublicAddress(address) }).toEqual({ address, isPublic: !blocked4.check(address) });
  };
  for (const edge of edges) agrees(edge);
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), agrees), { numRuns: 20_000 });
});

test("IPv6: nothing of a special block is public, however it is written", () => {
  const word = fc.integer({ min: 0, max: 0xffff });
  const inside = fc.oneof(
    fc.ipV6(),
    fc
      .tuple(
        fc.constantFrom("2000", "2001", "2002", "2a00", "3fff", "fc00", "fe80", "ff02", "64"),
        fc.array(word, { minLength: 7, maxLength: 7 }),
      )
      .map(([head, rest]) => [head, ...rest.map((one) => one.toString(16))].join(":")),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((number) => `::ffff:${ipv4Of(number)}`),
  );
  fc.assert(
    fc.property(inside, (address) => {
      if (isPublicAddress(address))
        expect({ address, isBlocked: blocked6.check(address, "ipv6") }).toEqual({ address, isBlocked: false });
    }),
    { numRuns: 20_000 },
  );
});
