// The .NET SDK against the local broker: starts one on free ports, runs the console program beside, and ends with its
// exit code. Needs the .NET 10 SDK and NuGet. Run: node test/contract/servicebus/dotnet.mjs
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";

const LIMIT_MS = 300_000;

const named = (prefix, count, properties) =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}`, ...properties }));
const queues = [
  ...named("q", 20, {}),
  ...named("s", 10, { requiresSession: true }),
  ...named("u", 1, { requiresDuplicateDetection: true }),
  ...named("k", 1, { lockDuration: "PT5S" }),
];

const broker = await startBroker({ port: 0, queues: queuesFrom({ queues }), log: console.error });
const project = fileURLToPath(new URL("./dotnet/servicebus-smoke.csproj", import.meta.url));
const child = spawn("dotnet", ["run", "--project", project, "--", broker.connectionString], { stdio: "inherit" });
const limit = setTimeout(() => {
  console.error(`The .NET program did not end within ${LIMIT_MS / 1000} seconds.`);
  child.kill("SIGKILL");
}, LIMIT_MS);
try {
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(`dotnet could not be started (${error.message}). Install the .NET 10 SDK.`);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  await broker.stop();
}
