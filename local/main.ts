// `npm run local`: the whole stack until Ctrl-C. `npm run local -- <part> [options]`: one part alone.
// LOCAL_TRACE=1 adds the stack trace to the sentence a failure ends with.
import { ClearError, errorText } from "./support/clear-error.ts";
import { endWithParent } from "./support/end-with-parent.ts";

type RunPart = (args: readonly string[]) => Promise<void>;

/** Imported when asked for: a part must not pay for the others' packages. */
const PARTS: Readonly<Record<string, () => Promise<RunPart>>> = {
  azurite: async () => (await import("./azurite/main.ts")).runAzurite,
  servicebus: async () => (await import("./servicebus/main.ts")).runServiceBus,
  docuware: async () => (await import("./docuware/main.ts")).runDocuware,
  tokens: async () => (await import("./tokens/main.ts")).runTokens,
  "api-page": async () => (await import("./api-page/main.ts")).runApiPage,
  mail: async () => (await import("./mail/main.ts")).runMail,
  functions: async () => (await import("./functions-host/main.ts")).runFunctions,
};

async function run([first, ...rest]: readonly string[]): Promise<void> {
  if (first === undefined || first.startsWith("-")) {
    const { runStack } = await import("./run-stack.ts");
    return runStack(first === undefined ? [] : [first, ...rest]);
  }
  if (!Object.hasOwn(PARTS, first)) {
    throw new ClearError(`There is no part "${first}". Parts: ${Object.keys(PARTS).join(", ")}; none starts them all.`);
  }
  const part = await PARTS[first]?.();
  await part?.(rest);
}

endWithParent();
try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error(errorText(error));
  if (process.env["LOCAL_TRACE"] === "1") console.error(error);
  // Also when the failed part left a server or a timer behind.
  process.exit(1);
}
