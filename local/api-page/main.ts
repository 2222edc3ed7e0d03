// `npm run local -- api-page`: the page of the API alone.
import { PORTS } from "../ports.ts";
import { readOptions } from "../support/options.ts";
import { untilStopped } from "../support/run-part.ts";
import { startApiPage } from "./server.ts";

/** Runs the page until SIGTERM. Options: --port, --functions and --tokens (ports of those parts), --data (nothing is kept). */
export async function runApiPage(args: readonly string[]): Promise<void> {
  const options = readOptions("api-page", args, ["port", "functions", "tokens", "data"]);
  const server = await startApiPage({
    port: options.port("port", PORTS.apiPage),
    functions: `http://127.0.0.1:${options.port("functions", PORTS.functions)}`,
    tokens: `http://127.0.0.1:${options.port("tokens", PORTS.tokens)}`,
  });
  await untilStopped(`api-page ready on ${server.url}`, () => server.stop());
}
