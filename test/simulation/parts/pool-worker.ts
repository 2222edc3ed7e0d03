// A thread of the pool: does one job after the other until it is told to stop.
/* oxlint-disable unicorn/require-post-message-target-origin -- a rule for browser windows; these are threads */

import { parentPort } from "node:worker_threads";
import { runJob, type Job } from "./jobs.ts";

// Every injected fault is an error that nobody prints: their stacks only cost time.
Error.stackTraceLimit = 0;

parentPort?.on("message", (job: Job) => {
  runJob(job).then(
    (tally) => parentPort?.postMessage({ tally }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});
