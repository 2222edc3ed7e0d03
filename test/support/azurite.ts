// Azurite's table service from node_modules, in memory, on a free port, as a process of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

const MAIN = fileURLToPath(new URL("../../node_modules/azurite/dist/src/table/main.js", import.meta.url));
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 3000;

export interface Azurite {
  /** For the table service only; the emulators' well-known account and key. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

export async function startAzurite(): Promise<Azurite> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "azurite-"));
  const args = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--loose", "--disableTelemetry"];
  const child = spawn(process.execPath, [MAIN, "--tableHost", "127.0.0.1", "--tablePort", String(port), ...args], {
    // Azurite writes into its working directory.
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await exited;
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true });
  };
  // The tests may be torn down without stop().
  process.once("exit", () => child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    let output = "";
    const fail = (why: string) => reject(new Error(`Azurite did not start: ${why}. It said: ${output.slice(-500)}`));
    const timer = setTimeout(() => fail(`nothing within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      if (!output.includes("successfully started")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`it ended with code ${code}`));
  });
  const connectionString =
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
    `TableEndpoint=http://127.0.0.1:${port}/devstoreaccount1;`;
  return { connectionString, stop };
}
