// `npm run local -- docuware`: the simulator alone.
import type { OperationKind } from "../../shared/docuware/control-plane/control-plane.ts";
import { OPERATION_KINDS } from "../../shared/docuware/control-plane/control-plane.ts";
import { PORTS } from "../ports.ts";
import { readOptions } from "../support/options.ts";
import { untilStopped } from "../support/run-part.ts";
import { DEFAULT_DURATIONS_MS, startSimulator } from "./simulator.ts";

const NAMES = ["port", "organisations", "data", "identity-port", "control-plane-port", "speed"];

/**
 * Runs the simulator until SIGTERM. Options: --port (organisation n listens on the n-th port behind it), --organisations,
 * --data, --identity-port, --control-plane-port, --speed (of the control plane's operations).
 */
export async function runDocuware(args: readonly string[]): Promise<void> {
  const options = readOptions("docuware", args, NAMES);
  const organisations = Math.ceil(options.positive("organisations") ?? 3);
  const basePort = options.port("port", PORTS.organisations);
  const speed = options.positive("speed") ?? 1;
  const durationsMs: Partial<Record<OperationKind, number>> = {};
  for (const kind of OPERATION_KINDS) durationsMs[kind] = DEFAULT_DURATIONS_MS[kind] / speed;
  const dataDir = options.text("data", "");
  const simulator = await startSimulator({
    organisations,
    basePort,
    identityPort: options.port("identity-port", PORTS.identity),
    controlPlanePort: options.port("control-plane-port", PORTS.controlPlane),
    ...(dataDir === "" ? {} : { dataDir }),
    durationsMs,
  });
  await untilStopped(
    `DocuWare simulator ready: ${organisations} organisations on ports ${basePort + 1}-${basePort + organisations}, ` +
      `identity ${simulator.identityUrl}, control plane ${simulator.controlPlaneUrl}`,
    () => simulator.stop(),
  );
}
