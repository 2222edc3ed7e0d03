import { createMemoryControlPlane } from "../../support/memory/memory-control-plane.ts";
import { controlPlaneSuite, type ControlPlaneStand } from "./control-plane.suite.ts";

controlPlaneSuite("memory", async (): Promise<ControlPlaneStand> => {
  let now = 1_800_000_000_000;
  let used = 0;
  const initialVersion = "7.12.1.100";
  const organisations = Array.from({ length: 40 }, (_, index) => ({
    organisationId: `org-${index}`,
    availability: "online" as const,
    version: initialVersion,
  }));
  const plane = createMemoryControlPlane({ clock: { now: () => now }, organisations, durationsMs: { restore: 2_000 } });
  return {
    plane,
    initialVersion,
    freshOrganisation: () => `org-${(used += 1)}`,
    passTime: async () => {
      now += 500;
    },
    fault: async (organisationId, operation, effect) => plane.inject({ organisationId, operation, effect, times: 1 }),
    applied: async (organisationId, operationId) =>
      plane.operations(organisationId).find((one) => one.operationId === operationId)?.applied ?? 0,
    stop: async () => undefined,
  };
});
