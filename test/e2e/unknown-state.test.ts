// A stack on which nothing is wrong says so. Then the control plane takes an organisation offline and upgrades it, and neither
// brings it online nor says how it is: support hears of it within a minute of the deadline, and when the control plane answers
// again, the organisation comes back by itself.

import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { fleetMember } from "../../local/fleet.ts";
import { campaignDriver } from "../support/campaign-driver.ts";
import { localSystem, until } from "../support/local-system.ts";
import { portsFrom, startLocal, type SampleRun } from "../support/sample-run.ts";

const PORTS = portsFrom(28_300);
const LIMIT_SECONDS = 10;
const system = localSystem(PORTS);
const { start, upgradeInState, upgradeOf } = campaignDriver(system);
const { organisationId } = fleetMember(1);
let run: SampleRun | undefined;

beforeAll(async () => {
  run = await startLocal(PORTS, {
    CAMPAIGN_TICK_SECONDS: "0.5",
    UPGRADE_POLL_SECONDS: "0.5",
    UPGRADE_GOING_ONLINE_SECONDS: String(LIMIT_SECONDS),
  });
  const path = `/organisations/${organisationId}`;
  const put = await system.call({ method: "PUT", path, as: "operator-a", body: system.organisationBody(1) });
  expect(put.status, put.text).toBe(201);
});

afterAll(async () => {
  run?.stop();
  await run?.ended;
});

const incidentsSchema = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      severity: z.number(),
      detail: z.string(),
      subject: z.object({ organisationId: z.string().optional() }),
    }),
  ),
});

test("a stack on which nothing is wrong is ready: storage, every queue, the clock", async () => {
  const ready = await until("it is ready", async () => {
    const answer = await system.call({ path: "/health/ready" });
    return answer.status === 200 ? answer : undefined;
  });
  const { checks } = z.object({ checks: z.array(z.object({ name: z.string(), ok: z.boolean() })) }).parse(ready.json);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(["storage", "queue upgrade-steps", "clock"]));
});

test("an organisation that is not brought online, and cannot be asked, is told within a minute of its deadline", async () => {
  const campaignId = await startHotfix();
  for (const operation of ["bringOnline", "getStatus"])
    await system.fault({ organisationId, target: "controlPlane", operation, effect: "hang", phase: "begin" });
  await upgradeInState(campaignId, organisationId, "goingOnline");
  const since = Date.now();
  const told = await until(
    "an incident",
    async () => {
      const { json } = await system.call({ path: "/incidents?severity=0", as: "operator-a" });
      return incidentsSchema
        .parse(json)
        .items.find((one) => one.kind === "upgradeStuck" && one.subject.organisationId === organisationId);
    },
    LIMIT_SECONDS + 60,
  );
  expect(Date.now() - since).toBeLessThan((LIMIT_SECONDS + 60) * 1000);
  expect(told).toMatchObject({ severity: 0 });
  expect(told.detail).toContain("is being brought online");
  expect(await upgradeOf(campaignId, organisationId)).toMatchObject({ state: "goingOnline" });

  await fetch(`${system.at("CONTROL_PLANE")}/_simulator/faults`, { method: "DELETE" });
  await until(
    "it is online on the version that was verified, or back on its own",
    async () => {
      const { state } = await upgradeOf(campaignId, organisationId);
      return ["succeeded", "rolledBack"].includes(state) ? state : undefined;
    },
    180,
  );
  expect(await system.simulated(organisationId)).toMatchObject({ availability: "online" });
});

/** Its plan asks for the version of the organisation, so the status must be known until it is there. */
const startHotfix = (): Promise<string> =>
  start({
    kind: "hotfix",
    reason: {
      de: "Ein Fehler kann Dokumente unauffindbar machen.",
      en: "A fault may keep documents from being found.",
    },
    version: "7.13.0.1",
    organisations: [organisationId],
    approvers: ["tool:operator-b", "tool:release-manager"],
    rings: [{ ring: fleetMember(1).ring, soakHours: 0 }],
  });
