// `npm run bench -- <name> [options]`: one benchmark. Benchmarks report; they fail only when what they measured is wrong.
import { ClearError } from "../local/support/clear-error.ts";

const BENCHMARKS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  upgrades: async (args) => (await import("./upgrades/run.ts")).benchUpgrades(args),
  "cold-start": async (args) => (await import("./cold-start/run.ts")).benchColdStart(args),
  servicebus: async (args) => {
    if (args.length > 0) throw new ClearError("bench: servicebus takes no options.");
    await (await import("./servicebus.ts")).benchServiceBus();
  },
};

const [name = "", ...args] = process.argv.slice(2);
try {
  const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (benchmark === undefined) {
    const known = Object.keys(BENCHMARKS).join(", ");
    throw new ClearError(`bench: there is no benchmark "${name}". Known are: ${known}.`);
  }
  await benchmark(args);
} catch (error) {
  console.error(error instanceof ClearError ? error.message : error);
  process.exitCode = 1;
}
