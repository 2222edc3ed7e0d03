// Broker and storage hang at once for 45 seconds in the middle of a campaign (SIGSTOP: connections stay, nobody answers), and
// go on. Everything goes on with them: no part is restarted, nothing is lost, doubled or stuck.

import { expect, test } from "vitest";
import { z } from "zod";
import { until } from "../support/local-system.ts";
import { portsFrom, startSample } from "../support/sample-run.ts";

const HANG_MS = 45_000;
const PARTS = ["servicebus", "azurite"] as const;
const ports = portsFrom(27_400);
const answerSchema = z.object({ checks: z.array(z.object({ name: z.string(), ok: z.boolean() })) });

const failedChecks = async (): Promise<readonly string[]> => {
  const answer = await fetch(`http://127.0.0.1:${ports["LOCAL_FUNCTIONS_PORT"]}/api/health/ready`);
  const { checks } = answerSchema.parse(await answer.json());
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
};

test("a hang of broker and storage is seen by readiness, and over without a restart", async () => {
  const run = startSample(["--once", "--json", "--organisations", "16"], ports);
  await run.printed(/Campaign running: .* [1-9] succeeded/u);
  for (const part of PARTS) run.signal(part, "SIGSTOP");
  const since = Date.now();
  const failed = await until("readiness to see it", async () => {
    const names = await failedChecks();
    return names.includes("storage") && names.includes("queue upgrade-steps") ? names : undefined;
  });
  expect(failed).toContain("queue campaign-ticks");
  await until("the hang to be long enough", async () => Date.now() - since >= HANG_MS || undefined);
  for (const part of PARTS) run.signal(part, "SIGCONT");
  // Ready again, unless the run is over before that is seen.
  const ready = until("readiness", async () => ((await failedChecks()).length === 0 ? true : undefined));
  await Promise.race([ready.catch(() => undefined), run.ended]);
  const { code, report } = await run.ended;
  if (code !== 0) console.log(run.output().slice(-12_000));
  expect({
    code,
    restarted: /is down/u.test(run.output()),
    deadLettered: report?.messagesDeadLettered,
    appliedTwice: report?.controlPlane.appliedTwice,
  }).toEqual({ code: 0, restarted: false, deadLettered: 0, appliedTwice: 0 });
  const outcomes = report?.organisations.map(({ online, outcome }) => [online, outcome]);
  expect(outcomes?.filter(([online, outcome]) => online === true && outcome === "succeeded")).toHaveLength(15);
  expect(outcomes?.filter(([online, outcome]) => online === true && outcome === "rolledBack")).toHaveLength(1);
});
