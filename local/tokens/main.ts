// `npm run local -- tokens`: the token issuer alone.
import { PORTS } from "../ports.ts";
import { readOptions } from "../support/options.ts";
import { untilStopped } from "../support/run-part.ts";
import { startTokenIssuer } from "./issuer.ts";

/** Runs the issuer until SIGTERM. Options: --port, --data. */
export async function runTokens(args: readonly string[]): Promise<void> {
  const options = readOptions("tokens", args, ["port", "data"]);
  const issuer = await startTokenIssuer({
    port: options.port("port", PORTS.tokens),
    dataDir: options.text("data", ".local/tokens"),
  });
  await untilStopped(`tokens ready on ${issuer.url}`, () => issuer.stop());
}
