// `npm run local` without a part: starts the whole stack, says where everything is and stays until Ctrl-C.
import { ADDRESSES, startLocalStack } from "./stack.ts";
import { describeEvent } from "./supervisor/describe-event.ts";
import { ClearError } from "./support/clear-error.ts";
import { readOptions } from "./support/options.ts";

const STANDARD_ORGANISATIONS = 12;
/** Organisation n has port 20000 + n, and ports end at 65535. */
const MAX_ORGANISATIONS = 10_000;

/** Options: --organisations, --speed, --data, --fresh. @throws ClearError when the stack does not start or gives up. */
export async function runStack(args: readonly string[]): Promise<void> {
  const options = readOptions("local", args, ["organisations", "speed", "data"], ["fresh"]);
  const organisations = options.positive("organisations") ?? STANDARD_ORGANISATIONS;
  if (!Number.isInteger(organisations) || organisations > MAX_ORGANISATIONS) {
    throw new ClearError(`local: --organisations must be a whole number from 1 to ${MAX_ORGANISATIONS}.`);
  }
  const dataDir = options.text("data", ".local");
  const interrupt = new AbortController();
  // Closing the terminal must stop the parts too; a repeated Ctrl-C changes nothing, the stop is bounded.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  console.log(`Starting the local stack (data and logs in ${dataDir}) ...`);
  const stack = await startLocalStack(
    { organisations, speed: options.positive("speed") ?? 1, dataDir, fresh: options.flag("fresh") },
    { signal: interrupt.signal, onEvent: (event) => print(describeEvent(event)) },
  );
  console.log("Everything is running; Ctrl-C stops it.");
  for (const [name, address] of Object.entries(ADDRESSES)) console.log(`  ${name.padEnd(13)}${address}`);
  const stop = (): void => void stack.stop();
  if (interrupt.signal.aborted) stop();
  interrupt.signal.addEventListener("abort", stop);
  const reason = await stack.ended;
  if (reason !== undefined) throw reason;
  console.log("Stopped.");
}

function print(line: string | undefined): void {
  if (line !== undefined) console.log(line);
}
