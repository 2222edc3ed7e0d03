import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { listen } from "../../support/listen.ts";

interface Ended {
  readonly code: unknown;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command until it ends by itself, or until it is ready and was asked to stop. */
async function run(args: readonly string[], signal: NodeJS.Signals = "SIGINT"): Promise<Ended> {
  const main = fileURLToPath(new URL("../../../local/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, "servicebus", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { output: "", errors: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    text.output += chunk.toString();
    if (text.output.includes("ready")) child.kill(signal);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text.errors += chunk.toString();
  });
  const [code] = await once(child, "close");
  return { code, ...text };
}

const FREE = ["--port", "0", "--management-port", "0", "--in-memory"];

describe("the command", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("prints one line when it is ready, and stops on %s", async (signal) => {
    const { code, output, errors } = await run(FREE, signal);
    expect(output).toMatch(/^servicebus ready on sb:\/\/127\.0\.0\.1:\d+ \(management http:\/\/127\.0\.0\.1:\d+\)\n$/);
    expect([code, errors]).toEqual([0, ""]);
  });

  test("says which port is in use", async () => {
    const taken = createServer();
    const port = await listen(taken);
    const [amqp, http] = await Promise.all([
      run(["--port", String(port), "--management-port", "0", "--in-memory"]),
      run(["--port", "0", "--management-port", String(port), "--in-memory"]),
    ]);
    for (const { code, output, errors } of [amqp, http]) {
      expect(errors).toMatch(new RegExp(`^servicebus: port ${port} is in use\\. End the program that holds it\\.\\n$`));
      expect([code, output]).toEqual([1, ""]);
    }
    taken.close();
  });

  test.each([
    [["--port", "many"], /--port must be a port number/],
    [["--queues", "/nowhere.json"], /no such file or directory, open .*nowhere\.json/],
  ])("refuses %o and says why", async (args, reason) => {
    const { code, errors } = await run(args);
    expect(errors).toMatch(reason);
    expect(errors).not.toContain("    at ");
    expect(code).toBe(1);
  });
});
