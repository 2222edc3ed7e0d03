// One contestant in a process of its own: warm up, create, measure, report. Argument: the job as JSON.
import { endWithParent } from "../../local/support/end-with-parent.ts";
import { openFloor } from "./floor.ts";
import { jobSchema, MEASURED_CAMPAIGN, type FromContestant, type Job, type Measurement, type Phase } from "./job.ts";
import { openOurs } from "./ours.ts";
import { cpuMsOf } from "./process-cpu.ts";
import { quantile } from "./statistics.ts";

const WARM_CAMPAIGN = "c-warm";

endWithParent();
// That lets the process end when it has nothing else to do; here it waits for the benchmark's word.
process.channel?.ref();
const job = jobSchema.parse(JSON.parse(process.argv[2] ?? ""));
const contestant = await (job.contestant === "ours" ? openOurs(job) : openFloor(job));
if (job.warmUp > 0) {
  await contestant.prepare("warm", job.warmUp);
  await contestant.create(WARM_CAMPAIGN, "warm", job.warmUp);
  await contestant.run(WARM_CAMPAIGN);
  await contestant.settle(WARM_CAMPAIGN);
}
await contestant.prepare("org", job.organisations);
await reach("ready");
const beforeCreation = moment(job);
await contestant.create(MEASURED_CAMPAIGN, "org", job.organisations);
const creation = since(beforeCreation, moment(job));
await reach("created");
const before = moment(job);
const times = await contestant.run(MEASURED_CAMPAIGN);
const window = since(before, moment(job));
await contestant.settle(MEASURED_CAMPAIGN);
await reach("done");
const measurement: Measurement = {
  creation: { wallMs: creation.wallMs, cpuMs: creation.cpuMs.own },
  ...window,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
await tell({ kind: "measured", measurement });
process.exit(0);

function moment({ azuritePid, brokerPid, stubPid }: Job) {
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    own: (user + system) / 1000,
    azurite: cpuMsOf(azuritePid),
    broker: cpuMsOf(brokerPid),
    stub: cpuMsOf(stubPid),
  };
}

function since(from: ReturnType<typeof moment>, to: ReturnType<typeof moment>) {
  return {
    wallMs: to.at - from.at,
    cpuMs: {
      own: to.own - from.own,
      azurite: to.azurite - from.azurite,
      broker: to.broker - from.broker,
      stub: to.stub - from.stub,
    },
  };
}

/** Tells that a phase is reached and waits to be sent on. */
async function reach(phase: Phase): Promise<void> {
  const go = new Promise<void>((resolve) => process.once("message", () => resolve()));
  await tell({ kind: "phase", phase });
  await go;
}

function tell(message: FromContestant): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) reject(new Error("A contestant is started by the benchmark only."));
    else process.send(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
