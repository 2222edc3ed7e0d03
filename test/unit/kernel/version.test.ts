import { describe, expect, test } from "vitest";
import {
  canonicalVersion,
  compareVersions,
  isSameVersion,
  reportedVersion,
  versionSchema,
} from "../../../shared/kernel/version.ts";

describe("a version that a caller gives", () => {
  test.each(["7.12.1.102", "0.0.0.0", "7.13.0.0", "999999.0.0.1"])("may be %s", (text) => {
    expect(versionSchema.parse(text)).toBe(text);
  });

  test.each([
    "7.12.1.0102",
    "07.12.1.102",
    "7.12.1.00",
    "7.13",
    "7.13.0",
    "7.12.1.102.0",
    "7.12.1.1000000",
    " 7.12.1.102",
    "7.12.1.102\n",
    "7.12.1.+102",
    "7.12.1.1e2",
    "7.12.1.１０２",
    "v7.12.1.102",
    "7..1.102",
    "",
  ])("may not be %j: it is another spelling, or none", (text) => {
    const parsed = versionSchema.safeParse(text);
    expect(parsed.error?.issues[0]?.message).toContain("without leading zeros, such as 7.13.0.42");
  });
});

test.each([
  ["7.12.1.0102", "7.12.1.102"],
  [" 7.13\t", "7.13.0.0"],
  ["007.0.00", "7.0.0.0"],
  ["7.12.1.00000000000102", "7.12.1.102"],
  ["7.12.1.1000000", undefined],
  ["7.12.1.102-beta", undefined],
  ["7", undefined],
  ["1.x", undefined],
  ["7.1.2.3.4", undefined],
  ["7.-1", undefined],
])("the canonical form of %j is %j", (text, canonical) => {
  expect(canonicalVersion(text)).toBe(canonical);
});

test("what a system reports is canonical where it is a version, and kept as it is where not", () => {
  expect(reportedVersion().parse("7.12.1.0102 ")).toBe("7.12.1.102");
  expect(reportedVersion().parse(" unknown build ")).toBe("unknown build");
  expect(reportedVersion().parse("x".repeat(60))).toHaveLength(50);
  expect(reportedVersion().safeParse("").success).toBe(false);
  expect(reportedVersion().safeParse(null).success).toBe(false);
});

test("spellings of one version are the same; what is no version cannot be compared", () => {
  expect(isSameVersion("7.12.1.0102", "7.12.1.102")).toBe(true);
  expect(isSameVersion("7.13", "7.13.0.0")).toBe(true);
  expect(isSameVersion("7.12.1.102", "7.12.1.103")).toBe(false);
  expect(isSameVersion("unknown", "unknown")).toBe(true);
  expect(compareVersions("7.9", "7.12.1.0102")).toBeLessThan(0);
  expect(compareVersions("7.12.1.0102", "7.12.1.102")).toBe(0);
  expect(compareVersions("unknown", "7.12.1.102")).toBeNaN();
});
