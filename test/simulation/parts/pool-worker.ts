// A thread of the pool: does one job after the other until it is told to stop, with the code as it is or, for the mutation
// list, with patches that are made as it is loaded.
/* oxlint-disable unicorn/require-post-message-target-origin -- a rule for browser windows; these are threads */

import { registerHooks } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import type { Job } from "./jobs.ts";

const patches = z.array(z.object({ file: z.string(), find: z.string(), put: z.string() })).parse(workerData);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = patches.filter(({ file }) => url.endsWith(`/shared/${file}`));
    if (own.length === 0) return loaded;
    const text =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source ?? undefined);
    return { ...loaded, source: own.reduce((source, patch) => patched(url, source, patch), text) };
  },
});

function patched(url: string, source: string, { find, put }: (typeof patches)[number]): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${url} has ${parts.length - 1} times: ${find}`);
  return parts.join(put);
}

// Every injected fault is an error that nobody prints: their stacks only cost time.
Error.stackTraceLimit = 0;

// The hooks must be in place before anything else is loaded.
const { runJob } = await import("./jobs.ts");

parentPort?.on("message", (job: Job) => {
  runJob(job).then(
    (tally) => parentPort?.postMessage({ tally }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});
