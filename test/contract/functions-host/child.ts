// Host and broker as processes of their own, for what only a process shows: exit codes, signals, kill -9.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { onTestFinished } from "vitest";
import { eventually } from "./fixture.ts";

const LOCAL = resolve(import.meta.dirname, "../../../local");

export interface Child {
  readonly process: ChildProcess;
  /** Everything printed so far, both streams. */
  text(): string;
  /** The first match in what is or will be printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code; a signal counts as its name. */
  exited(): Promise<number | string>;
}

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, "--", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  child.stderr.on("data", (chunk) => (text += String(chunk)));
  const exit = once(child, "exit").then(([code, signal]: unknown[]) =>
    typeof code === "number" ? code : String(signal),
  );
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return {
    process: child,
    text: () => text,
    printed: (pattern) => eventually(`${pattern} in: ${text}`, () => pattern.exec(text) ?? undefined, 30_000),
    exited: () => exit,
  };
}

/** `npm run local -- functions ...` as its own process; a failure is printed as the command line does. */
export function functionsProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const main = pathToFileURL(resolve(LOCAL, "functions-host/main.ts")).href;
  const script = `const { runFunctions } = await import(${JSON.stringify(main)});
    await runFunctions(process.argv.slice(1)).catch((error) => { console.error(error.message); process.exit(1); });`;
  return run(script, args, env);
}

/** A durable broker with one queue `work` (sessions) and one `plain`, on the given port (0 for a free one). */
export function brokerProcess(port: number, dataDir: string): Child {
  const broker = pathToFileURL(resolve(LOCAL, "servicebus/broker.ts")).href;
  const contract = pathToFileURL(resolve(LOCAL, "servicebus/queues.ts")).href;
  const queues = [
    { name: "work", requiresSession: true, lockDuration: "PT5S" },
    { name: "plain", lockDuration: "PT5S" },
  ];
  const script = `const { startBroker } = await import(${JSON.stringify(broker)});
    const { queuesFrom } = await import(${JSON.stringify(contract)});
    const queues = queuesFrom(${JSON.stringify({ queues })});
    const running = await startBroker({ port: Number(process.argv[1]), managementPort: 0, queues, dataDir: process.argv[2] });
    console.log("broker on " + running.port + " " + running.connectionString);`;
  return run(script, [String(port), dataDir]);
}
