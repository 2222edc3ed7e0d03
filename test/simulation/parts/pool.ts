// Spreads jobs over the machine's cores.
/* oxlint-disable unicorn/require-post-message-target-origin -- a rule for browser windows; these are threads */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Tally } from "./crash-points.ts";
import type { Job } from "./jobs.ts";
import type { Patch } from "./mutations.ts";

interface Answer {
  readonly tally?: Tally;
  readonly error?: string;
}

/** The sum of all jobs, in no order. Rejects when a job cannot be done, and ends its threads in any case. */
export async function runJobs(jobs: readonly Job[], patches: readonly Patch[] = []): Promise<Tally> {
  const sum: Tally = { runs: 0, steps: 0, failures: [] };
  const queue = [...jobs];
  const threads = Array.from(
    { length: Math.min(availableParallelism(), 4, jobs.length) },
    () => new Worker(new URL("pool-worker.ts", import.meta.url), { workerData: patches }),
  );
  try {
    await Promise.all(threads.map((thread) => workThrough(thread, queue, sum)));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return { ...sum, failures: sum.failures.toSorted((a, b) => (a.run < b.run ? -1 : 1)) };
}

async function workThrough(thread: Worker, queue: Job[], sum: Tally): Promise<void> {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const { tally, error } = await answerOf(thread, job);
    if (tally === undefined) throw new Error(`The job ${JSON.stringify(job)} failed: ${error ?? "no answer"}`);
    sum.runs += tally.runs;
    sum.steps += tally.steps;
    sum.failures.push(...tally.failures);
  }
}

function answerOf(thread: Worker, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    thread.once("error", reject);
    thread.once("message", (answer: Answer) => {
      thread.off("error", reject);
      resolve(answer);
    });
    thread.postMessage(job);
  });
}
