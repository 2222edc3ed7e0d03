// The functional suite against the simulator: over real HTTP, with both ways to log in, and with its faults.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { fleet, INITIAL_VERSION, PROBE } from "../../../local/fleet.ts";
import { startSimulator } from "../../../local/docuware/simulator.ts";
import { sweepLeftovers } from "../../../shared/docuware/functional-suite/functional-clean-up.ts";
import { FUNCTIONAL_STEPS } from "../../../shared/docuware/functional-suite/functional-result.ts";
import { runFunctionalSuite } from "../../../shared/docuware/functional-suite/functional-suite.ts";
import type { PlatformTarget } from "../../../shared/docuware/platform-api/target.ts";
import { systemClock } from "../../../shared/platform/clock/clock.ts";
import { createHttpClient } from "../../../shared/platform/http-client/lazy-http-client.ts";
import { systemIds } from "../../../shared/platform/ids.ts";
import { systemWait } from "../../../shared/platform/wait.ts";

const [first, second, third] = fleet(3);
const ids = [first, second, third].map((member) => member?.organisationId ?? "missing");
const [HEALTHY = "", FAULTY = "", SWEPT = ""] = ids;
const DAY_MS = 86_400_000;
const countsSchema = z.object({ documents: z.number(), trash: z.number() });

describe("functional suite against the simulator", () => {
  // As in the local stack: only http to this machine.
  const http = createHttpClient({ outbound: { policy: { hosts: [], allowLocal: true }, resolve: async () => [] } });
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  beforeAll(async () => {
    simulator = await startSimulator({
      organisations: 3,
      basePort: 0,
      identityPort: 0,
      controlPlanePort: 0,
      throttleDelayMs: 20,
    });
  });
  afterEach(() => inspect("DELETE", "faults"));
  afterAll(async () => {
    await http.close();
    await simulator.stop();
  });

  const inspect = (method: "GET" | "POST" | "DELETE", path: string, body?: object) =>
    http.send({
      method,
      url: new URL(`/_simulator/${path}`, simulator.controlPlaneUrl),
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  const counts = async (organisationId: string) => {
    const { body } = await inspect("GET", `organisations/${organisationId}`);
    return countsSchema.parse(JSON.parse(Buffer.from(body).toString()));
  };
  const target = (organisationId: string): PlatformTarget => ({
    organisationId,
    platformUrl: simulator.platformUrl(organisationId),
    credentials: { kind: "clientCredentials", clientId: PROBE.clientId, clientSecret: PROBE.clientSecret },
  });
  const deps = { http, clock: systemClock, ids: systemIds, wait: systemWait };
  const fault = async (operation: string, effect: string, more: object = {}) => {
    const sent = { organisationId: FAULTY, target: "platform", operation, effect, ...more };
    expect((await inspect("POST", "faults", sent)).status).toBe(201);
  };

  test.each<PlatformTarget["credentials"]>([
    { kind: "clientCredentials", clientId: PROBE.clientId, clientSecret: PROBE.clientSecret },
    { kind: "password", username: PROBE.username, password: PROBE.password },
  ])("passes with $kind and leaves nothing behind", async (credentials) => {
    const before = await counts(HEALTHY);
    const result = await runFunctionalSuite({ ...target(HEALTHY), credentials }, deps);
    expect(result.steps.filter((one) => one.outcome !== "passed")).toEqual([]);
    expect(result).toMatchObject({ outcome: "passed", version: INITIAL_VERSION, cleanedUp: true });
    expect(result.steps.map((one) => one.name)).toEqual(FUNCTIONAL_STEPS.map((step) => step.name));
    expect(await counts(HEALTHY)).toEqual(before);
  });

  test("tells wrong credentials from an outage", async () => {
    const credentials = { kind: "password", username: PROBE.username, password: "wrong-secret" } as const;
    const result = await runFunctionalSuite({ ...target(HEALTHY), credentials }, deps);
    expect(result).toMatchObject({ failedStep: "logIn", severity: "critical" });
    expect(result.steps[0]?.failure?.class).toBe("permanent");
    expect(JSON.stringify(result)).not.toContain("wrong-secret");
  });

  test.each([
    ["token", "fail", "logIn", "critical"],
    ["version", "fail", "readVersion", "warning"],
    ["cabinets", "fail", "listCabinets", "critical"],
    ["store", "fail", "store", "critical"],
    ["search", "drop", "findBySearch", "critical"],
    ["fetch", "fail", "fetch", "critical"],
    ["download", "corrupt", "download", "critical"],
    ["update", "fail", "updateFields", "warning"],
    ["delete", "fail", "delete", "warning"],
  ])("%s with %s fails the step %s (%s)", async (operation, effect, failedStep, severity) => {
    // One strike: the clean-up that follows goes well.
    await fault(operation, effect, { times: 1 });
    const result = await runFunctionalSuite(target(FAULTY), deps);
    expect(result).toMatchObject({ outcome: "failed", failedStep, severity });
  });

  test("a throttled call is repeated once after the pause that was asked for", async () => {
    await fault("cabinets", "throttle", { times: 1 });
    expect(await runFunctionalSuite(target(FAULTY), deps)).toMatchObject({ outcome: "passed" });
    await fault("cabinets", "throttle");
    const result = await runFunctionalSuite(target(FAULTY), deps);
    expect(result).toMatchObject({ failedStep: "listCabinets" });
    expect(result.steps[2]?.failure).toMatchObject({ class: "transient" });
  });

  test("a step whose time ends while it is throttled was throttled", async () => {
    await fault("token", "throttle", { times: 1 });
    await fault("token", "throttle", { times: 1, delayMs: 10_000 });
    const result = await runFunctionalSuite(target(FAULTY), deps, { stepMs: 2000 });
    expect(result).toMatchObject({ failedStep: "logIn" });
    expect(result.steps[0]?.failure).toMatchObject({ class: "transient", isThrottled: true });
  });

  test("a call that hangs ends at its step's limit", async () => {
    await fault("fetch", "hang", { times: 1 });
    const result = await runFunctionalSuite(target(FAULTY), deps, { stepMs: 500 });
    expect(result).toMatchObject({ failedStep: "fetch", cleanedUp: true });
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test("a run that could not remove its document is made good by the sweep", async () => {
    const before = await counts(SWEPT);
    const blocked = { organisationId: SWEPT, target: "platform", operation: "delete", effect: "fail" };
    await inspect("POST", "faults", blocked);
    expect(await runFunctionalSuite(target(SWEPT), deps)).toMatchObject({ failedStep: "delete", cleanedUp: false });
    expect((await counts(SWEPT)).documents).toBe(before.documents + 1);
    await inspect("DELETE", "faults");

    expect(await sweepLeftovers(target(SWEPT), deps)).toEqual({ documents: 0, trashItems: 0 });
    const tomorrow = { ...deps, clock: { now: () => systemClock.now() + 2 * DAY_MS } };
    expect(await sweepLeftovers(target(SWEPT), tomorrow)).toEqual({ documents: 1, trashItems: 1 });
    expect(await counts(SWEPT)).toEqual(before);
  });
});
