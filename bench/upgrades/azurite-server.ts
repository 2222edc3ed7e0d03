// Azurite's table service, in memory, in a process of its own that ends with the benchmark. Arguments: its working
// directory, then what goes to Azurite.
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { endWithParent } from "../../local/support/end-with-parent.ts";

const [directory = ".", ...more] = process.argv.slice(2);
process.chdir(directory);
const port = await freePort();
const quiet = ["--inMemoryPersistence", "--skipApiVersionCheck", "--loose", "--disableTelemetry"];
const address = ["--tableHost", "127.0.0.1", "--tablePort", String(port)];
// Azurite reads the command line itself.
process.argv = [process.execPath, "azurite-table", ...address, ...quiet, ...more];
createRequire(import.meta.url)("azurite/dist/src/table/main.js");
process.once("SIGTERM", () => process.exit(0));
process.send?.({ port });
endWithParent();

/** Azurite does not say which port it got when it is asked for any. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (bound === null || typeof bound === "string") throw new Error("No free port was found.");
  return bound.port;
}
