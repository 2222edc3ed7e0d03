// The control plane over HTTP against the simulator keeps the port's contract.

import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { fleet, INITIAL_VERSION } from "../../../local/fleet.ts";
import { startSimulator } from "../../../local/docuware/simulator.ts";
import { createHttpControlPlane } from "../../../shared/docuware/control-plane/http-control-plane.ts";
import { systemClock } from "../../../shared/platform/clock/clock.ts";
import { createHttpClient } from "../../../shared/platform/http-client/lazy-http-client.ts";
import { controlPlaneSuite, type ControlPlaneStand } from "./control-plane.suite.ts";

const ORGANISATIONS = 40;
const inspectionSchema = z.object({
  operations: z.array(z.object({ operationId: z.string(), appliedCount: z.number() })),
});
const EFFECTS = {
  refuse: { effect: "fail", phase: "begin" },
  fail: { effect: "fail", phase: "run" },
  hang: { effect: "hang", phase: "run" },
} as const;

controlPlaneSuite("HTTP against the simulator", async (): Promise<ControlPlaneStand> => {
  const short = 40;
  const simulator = await startSimulator({
    organisations: ORGANISATIONS,
    basePort: 0,
    identityPort: 0,
    controlPlanePort: 0,
    durationsMs: { takeOffline: short, createRestorePoint: short, upgrade: short, restore: short, bringOnline: short },
  });
  const http = createHttpClient();
  const members = fleet(ORGANISATIONS);
  let used = 0;
  const inspect = (path: string): URL => new URL(`/_simulator/${path}`, simulator.controlPlaneUrl);
  return {
    plane: createHttpControlPlane({ baseUrl: simulator.controlPlaneUrl, http, clock: systemClock }),
    initialVersion: INITIAL_VERSION,
    freshOrganisation: () => members[used++]?.organisationId ?? "too-few-organisations",
    // The pause between two looks of a bounded poll, not a guess of how long an operation takes.
    passTime: () => pause(5),
    fault: async (organisationId, operation, effect) => {
      const fault = { organisationId, target: "controlPlane", operation, times: 1, ...EFFECTS[effect] };
      const body = JSON.stringify(fault);
      const headers = { "content-type": "application/json" };
      const { status } = await http.send({ method: "POST", url: inspect("faults"), headers, body });
      if (status !== 201) throw new Error(`The simulator refused the fault with ${status}.`);
    },
    applied: async (organisationId, operationId) => {
      const { body } = await http.send({ method: "GET", url: inspect(`organisations/${organisationId}`) });
      const { operations } = inspectionSchema.parse(JSON.parse(Buffer.from(body).toString()));
      return operations.find((one) => one.operationId === operationId)?.appliedCount ?? 0;
    },
    stop: async () => {
      await http.close();
      await simulator.stop();
    },
  };
});
