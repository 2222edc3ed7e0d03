// The clock of the machine that the app runs on is moved in the middle of a campaign, an hour ahead and an hour behind:
// nothing is done meanwhile, people are told, and when it is right again everything goes on.

import { expect, onTestFinished, test } from "vitest";
import { localSystem, until } from "../support/local-system.ts";
import { portsFrom, startSample } from "../support/sample-run.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MOVED_FOR_MS = 15_000;

test("a clock that is an hour ahead, then an hour behind, for 15 s each keeps nobody offline", async () => {
  const ports = portsFrom(27_500);
  const system = localSystem(ports);
  const run = startSample(["--once", "--json", "--organisations", "16"], ports);
  onTestFinished(async () => {
    run.stop();
    await run.ended;
  });
  const moveClock = async (offsetMs: number): Promise<void> => {
    const answer = await fetch(`${system.at("FUNCTIONS")}/admin/host/clock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ input: String(offsetMs) }),
    });
    expect(answer.status).toBe(202);
  };
  const ready = async () => {
    const answer = await fetch(`${system.api}/health/ready`);
    return { status: answer.status, text: await answer.text() };
  };
  await run.printed(/Campaign running: .* [1-9]\d* succeeded/u);
  for (const offsetMs of [HOUR_MS, -HOUR_MS]) {
    await moveClock(offsetMs);
    const since = performance.now();
    const told = await until("readiness tells of the clock", async () => {
      const answer = await ready();
      return answer.text.includes('"name":"clock","ok":false') ? answer : undefined;
    });
    expect(told.status).toBe(503);
    const refused = await system.call({ method: "POST", path: "/quarantines/1.2.3.4/lift", as: "operator-a" });
    expect([refused.status, refused.problem.code]).toEqual([503, "clockOff"]);
    await until("the time is over", async () => (performance.now() - since > MOVED_FOR_MS ? true : undefined));
    await moveClock(0);
    await until("readiness recovers", async () =>
      (await ready()).text.includes('"clock","ok":true') ? true : undefined,
    );
  }
  const incidents = await system.call({ path: "/incidents", as: "operator-a" });
  expect(incidents.text).toContain("app.clockOff");
  const rightAgain = performance.now();
  const { code, report } = await run.ended;
  if (code !== 0) console.log(run.output().slice(-12_000));
  expect({ code, deadLettered: report?.messagesDeadLettered, twice: report?.controlPlane.appliedTwice }).toEqual({
    code: 0,
    deadLettered: 0,
    twice: 0,
  });
  expect(performance.now() - rightAgain).toBeLessThan(3 * MINUTE_MS);
  const all = [...(report?.organisations ?? []), ...(report?.upgraded ?? [])];
  expect(all.filter(({ online }) => !online)).toEqual([]);
  expect(all.filter(({ outcome }) => outcome === "succeeded")).toHaveLength(19);
});
