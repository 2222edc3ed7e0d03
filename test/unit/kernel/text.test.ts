import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeFailure } from "../../../shared/kernel/failures.ts";
import { cut } from "../../../shared/kernel/text.ts";

const anyText = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00", "\u202f") });

describe("cut", () => {
  it("keeps what fits", () => {
    expect(cut("12345", 5)).toBe("12345");
  });

  it("shows what it left out, within the limit", () => {
    expect(cut("123456", 5)).toBe("1234…");
  });

  it("never ends inside a character", () => {
    expect(cut("abc😀d", 5)).toBe("abc…");
  });

  it("replaces a lone half that was there before", () => {
    expect(cut("a\ud83db", 5)).toBe("a\ufffdb");
  });

  it("is well-formed and within the limit, whatever comes", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, most) => {
        const short = cut(text, most);
        expect(short.isWellFormed()).toBe(true);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(cut(short, most)).toBe(short);
      }),
    );
  });

  it("keeps the description of a failure well-formed", () => {
    expect(describeFailure(new Error(`${"x".repeat(498)}😀!`)).isWellFormed()).toBe(true);
  });
});
