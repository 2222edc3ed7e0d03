// `npm run local -- mail`: the mail sink alone.
import { PORTS } from "../ports.ts";
import { ClearError } from "../support/clear-error.ts";
import { readOptions } from "../support/options.ts";
import { untilStopped } from "../support/run-part.ts";
import { busReports } from "./reports.ts";
import { startMailSink } from "./sink.ts";

/** Runs the sink until SIGTERM. Options: --port, --data, --per-minute and --per-hour (a quota, together), --reports. */
export async function runMail(args: readonly string[]): Promise<void> {
  const options = readOptions("mail", args, ["port", "data", "per-minute", "per-hour", "reports"]);
  const perMinute = options.positive("per-minute");
  const perHour = options.positive("per-hour");
  if ((perMinute === undefined) !== (perHour === undefined)) {
    throw new ClearError("mail: give --per-minute and --per-hour together, or neither for no quota.");
  }
  const reports = options.text("reports", "");
  const sink = await startMailSink({
    port: options.port("port", PORTS.mail),
    dataDir: options.text("data", ".local/mail"),
    ...(reports === "" ? {} : { reports: busReports(reports) }),
    ...(perMinute === undefined || perHour === undefined
      ? {}
      : { quota: { perMinute: Math.ceil(perMinute), perHour: Math.ceil(perHour) } }),
  });
  await untilStopped(`mail ready on ${sink.url}`, () => sink.stop());
}
