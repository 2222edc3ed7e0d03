import { expect, it } from "vitest";
import type { Check } from "../../../shared/checks/check.ts";
import type { FunctionalResult } from "../../../shared/docuware/functional-suite/functional-result.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { verifyBySuite } from "../../../shared/upgrades/upgrade/verify-by-suite.ts";

const RESULT: FunctionalResult = {
  organisationId: "alpine-foods",
  outcome: "failed",
  startedAt: 1_800_000_000_000,
  durationMs: 1200,
  steps: [
    { name: "delete", outcome: "failed", durationMs: 40, failure: { class: "transient", message: "it was refused" } },
  ],
  failedStep: "delete",
  severity: "warning",
  cleanedUp: false,
};

it("keeps what a verification found among the checks: the next campaign looks there, and so does support", async () => {
  const kept: Check[] = [];
  const verify = verifyBySuite({
    organisationOf: async () => ({ organisationId: "alpine-foods" }) as Organisation,
    runSuite: async () => RESULT,
    keepCheck: async (check) => kept.push(check),
  });
  expect(await verify("alpine-foods")).toMatchObject({ kind: "failed", reason: "delete: it was refused" });
  expect(kept).toEqual([
    { organisationId: "alpine-foods", slot: RESULT.startedAt, at: RESULT.startedAt, outcome: "failed", result: RESULT },
  ]);
});
