import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { err, ok } from "../../../shared/kernel/result.ts";
import { type LinkKeys, linkKeysSchema } from "../../../shared/customer-links/link-keys.ts";
import { type LinkPayload, readLink, signLink } from "../../../shared/customer-links/signed-link.ts";
import { HOUR, KEYS, NOON, PAYLOAD, tokenOf } from "./support.ts";

const CALENDAR: LinkPayload = { purpose: "calendar", organisationId: "alpine-foods", expiresAt: NOON + HOUR };
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");

/** Signs any text as this code would sign a payload. */
function signed(text: string, key = KEYS.current): string {
  const body = Buffer.from(text).toString("base64url");
  const mac = createHmac("sha256", key.secret).update(`customer-link\n${key.id}\n${body}`).digest("base64url");
  return `${key.id}.${body}.${mac}`;
}

describe("a link", () => {
  test("gives back what was signed, for its purpose only", () => {
    expect(readLink(KEYS, tokenOf(), "reschedule", NOON)).toEqual(ok(PAYLOAD));
    expect(readLink(KEYS, signLink(KEYS, CALENDAR), "calendar", NOON)).toEqual(ok(CALENDAR));
    expect(readLink(KEYS, tokenOf(), "calendar", NOON)).toEqual(err({ kind: "wrongPurpose", purpose: "reschedule" }));
    expect(readLink(KEYS, signLink(KEYS, CALENDAR), "reschedule", NOON)).toMatchObject({ ok: false });
  });

  test("expires at its instant, not before", () => {
    const { expiresAt } = PAYLOAD;
    expect(readLink(KEYS, tokenOf(), "reschedule", expiresAt - 1)).toMatchObject({ ok: true });
    expect(readLink(KEYS, tokenOf(), "reschedule", expiresAt)).toEqual(err({ kind: "expired", expiresAt }));
  });

  test("fits into an address, also with the longest ids", () => {
    const longest = signLink(
      { current: { ...KEYS.current, id: "abcd1234" } },
      {
        ...PAYLOAD,
        campaignId: "c".repeat(60),
        organisationId: "a".repeat(50),
        sequence: 999_999,
        expiresAt: Date.UTC(2199, 0),
      },
    );
    expect(longest.length).toBeLessThan(400);
    expect(longest).toMatch(/^[\w.-]+$/u);
  });

  test("is not made for what no link may carry", () => {
    expect(() => tokenOf({ organisationId: "Not An Id" })).toThrow(/organisationId/u);
    expect(() => tokenOf({ sequence: 1_000_000 })).toThrow(/sequence/u);
  });
});

describe("what is not ours is refused", () => {
  test("with any one character altered, at every place and by every character", () => {
    const token = tokenOf();
    for (let at = 0; at < token.length; at++) {
      for (const character of [...BASE64URL, ".", "=", "%", "é"]) {
        if (character === token[at]) continue;
        const altered = token.slice(0, at) + character + token.slice(at + 1);
        expect(readLink(KEYS, altered, "reschedule", NOON).ok, altered).toBe(false);
      }
    }
  });

  test("altered anyhow: cut, longer, mixed from two, or another text altogether", () => {
    const [one, two] = [tokenOf(), tokenOf({ sequence: 1 })];
    const texts = fc.oneof(
      fc.string({ maxLength: 500 }),
      fc.nat(one.length - 1).map((length) => one.slice(0, length)),
      fc.string({ minLength: 1, maxLength: 5 }).map((more) => one + more),
      fc.nat({ max: one.length - 1 }).map((at) => one.slice(0, at) + two.slice(at)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(text !== one && text !== two);
        expect(readLink(KEYS, text, "reschedule", NOON).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, string, string]>([
    ["cut off", tokenOf().slice(0, -1), "malformed"],
    ["of an unknown key", signed("[1,{}]", { id: "k9", secret: KEYS.current.secret }), "unknownKey"],
    ["of a known key id but another secret", signed("[1]", { id: "k2", secret: Buffer.alloc(32) }), "altered"],
    ["of another version of the payload", signed(JSON.stringify([3, PAYLOAD])), "unknownVersion"],
    ["of the version that stood in paths", signed(JSON.stringify([1, PAYLOAD])), "unknownVersion"],
    ["with a field more", signed(JSON.stringify([2, { ...PAYLOAD, admin: true }])), "unknownVersion"],
    ["no JSON", signed("{"), "unknownVersion"],
    ["far too long", `k2.${"A".repeat(100_000)}.${"A".repeat(43)}`, "malformed"],
  ])("%s", (_, token, kind) => {
    expect(readLink(KEYS, token, "reschedule", NOON)).toMatchObject({ ok: false, error: { kind } });
  });

  test("the second spelling of the same signature is none of ours", () => {
    const token = tokenOf();
    const last = BASE64URL.indexOf(token.at(-1) ?? "");
    const other = `${token.slice(0, -1)}${BASE64URL[last ^ 1]}`;
    const bytes = (one: string) => Buffer.from(one.split(".")[2] ?? "", "base64url").toString("hex");
    expect(bytes(other)).toBe(bytes(token));
    expect(readLink(KEYS, other, "reschedule", NOON)).toEqual(err({ kind: "altered" }));
  });
});

describe("keys", () => {
  const secret = (byte: number) => Buffer.alloc(32, byte).toString("base64");
  const keysOf = (text: string): LinkKeys => linkKeysSchema.parse(text);

  test("rotate: the new one signs, both are accepted, and then only the new one", () => {
    const [before, both, after] = [`a:${secret(1)}`, `b:${secret(2)},a:${secret(1)}`, `b:${secret(2)}`].map(keysOf);
    if (before === undefined || both === undefined || after === undefined) throw new Error("unreachable");
    const old = signLink(before, PAYLOAD);
    const fresh = signLink(both, PAYLOAD);
    expect([fresh.slice(0, 2), old.slice(0, 2)]).toEqual(["b.", "a."]);
    for (const token of [old, fresh]) expect(readLink(both, token, "reschedule", NOON).ok).toBe(true);
    expect(readLink(after, fresh, "reschedule", NOON).ok).toBe(true);
    expect(readLink(after, old, "reschedule", NOON)).toEqual(err({ kind: "unknownKey" }));
  });

  test.each([
    ["", /id:secret/u],
    ["nokey", /id:secret/u],
    [`a:${Buffer.alloc(16).toString("base64")}`, /32 or more/u],
    [`A b:${secret(1)}`, /id:secret/u],
    [`a:${secret(1)},a:${secret(2)}`, /two different key ids/u],
    [`a:${secret(1)},b:${secret(2)},c:${secret(3)}`, /id:secret/u],
  ])("that are not well-formed are refused without showing them: %s", (text, message) => {
    const parsed = linkKeysSchema.safeParse(text);
    expect(parsed.error?.message).toMatch(message);
    if (text !== "") expect(parsed.error?.message).not.toContain(text);
  });
});
