import { describe, expect, test } from "vitest";
import { assignRings, ringNameSchema, type RingShare } from "../../../shared/upgrades/core/rings.ts";

const IDS = Array.from({ length: 40 }, (_, index) => `org-${index}`);

function membersOf(shares: readonly RingShare[], ids: readonly string[] = IDS) {
  const assigned = assignRings(shares, ids);
  if (!assigned.ok) throw new Error(JSON.stringify(assigned.error));
  const members: Record<string, readonly string[]> = {};
  for (const { ring } of shares) members[ring] = ids.filter((id) => assigned.value.get(id) === ring);
  return members;
}

describe("rings", () => {
  test("take whom they name, then their share, and the last one whoever is left", () => {
    const { canary, early, broad } = membersOf([
      { ring: "canary", organisations: ["org-7", "org-3"] },
      { ring: "early", percent: 10 },
      { ring: "broad" },
    ]);
    expect(canary).toEqual(["org-3", "org-7"]);
    expect(early).toHaveLength(4);
    expect(broad).toHaveLength(34);
  });

  test("round a share up: one percent of few is one", () => {
    expect(membersOf([{ ring: "canary", percent: 1 }, { ring: "broad" }])["canary"]).toHaveLength(1);
    expect(membersOf([{ ring: "canary", percent: 2.6 }, { ring: "broad" }])["canary"]).toHaveLength(2);
  });

  test("take the named ones beside the share", () => {
    const { canary } = membersOf([{ ring: "canary", organisations: ["org-0"], percent: 50 }, { ring: "broad" }]);
    expect(canary).toHaveLength(21);
    expect(canary).toContain("org-0");
  });

  test("leave later ones empty when the shares are used up", () => {
    const { canary, broad } = membersOf([{ ring: "canary", percent: 100 }, { ring: "broad" }]);
    expect([canary?.length, broad?.length]).toEqual([40, 0]);
  });

  test("are the same for the same request, in whatever order it lists the organisations", () => {
    const shares = [{ ring: "canary", percent: 20 }, { ring: "broad" }];
    expect(membersOf(shares)["canary"]).toEqual(membersOf(shares, IDS.toReversed())["canary"]?.toReversed());
    // No alphabetical corner: those taken are spread over the list.
    expect(membersOf(shares)["canary"]).not.toEqual(IDS.toSorted().slice(0, 8));
  });

  test("of a single ring are everybody", () => {
    expect(membersOf([{ ring: "all" }])["all"]).toEqual(IDS);
  });
});

describe("rings that cannot be are refused", () => {
  test.each([
    [
      "an unknown organisation",
      [{ ring: "canary", organisations: ["nobody"] }, { ring: "broad" }],
      { kind: "unknownInRing", ring: "canary", organisationId: "nobody" },
    ],
    [
      "one organisation in two rings",
      [
        { ring: "canary", organisations: ["org-1"] },
        { ring: "broad", organisations: ["org-1"] },
      ],
      { kind: "inTwoRings", organisationId: "org-1" },
    ],
    [
      "shares of more than everybody",
      [
        { ring: "canary", percent: 60 },
        { ring: "broad", percent: 41 },
      ],
      { kind: "percentTooHigh", percent: 101 },
    ],
  ])("%s", (_, shares, error) => {
    expect(assignRings(shares, IDS)).toEqual({ ok: false, error });
  });

  test("but shares of exactly everybody are not, however their sum is rounded", () => {
    for (let first = 1; first < 1000; first += 7) {
      for (let second = 1; first + second < 1000; second += 13) {
        const shares = [first, second, 1000 - first - second].map((tenths, index) => ({
          ring: `r${index}`,
          percent: tenths / 10,
        }));
        expect(assignRings(shares, IDS).ok).toBe(true);
      }
    }
  });
});

test("the name of a ring is short, and safe in keys", () => {
  for (const name of ["canary", "ring-2", "a"]) expect(ringNameSchema.safeParse(name).success).toBe(true);
  for (const name of ["", "Canary", "a|b", "2nd", "a".repeat(21)]) {
    expect(ringNameSchema.safeParse(name).success).toBe(false);
  }
});
