// `npm run local -- docuware --port P --organisations N --data DIR [--identity-port --control-plane-port --speed F]`
import { defined } from "../../shared/kernel/defined.ts";
import { parseArgs } from "node:util";
import type { OperationKind } from "../../shared/docuware/control-plane/control-plane.ts";
import { OPERATION_KINDS } from "../../shared/docuware/control-plane/control-plane.ts";
import { PORTS } from "../ports.ts";
import { PortInUse } from "./http/engine.ts";
import type { SimulatorOptions } from "./simulator.ts";
import { DEFAULT_DURATIONS_MS, startSimulator } from "./simulator.ts";

const USAGE =
  "Usage: docuware [--port P] [--organisations N] [--data DIR] [--identity-port P] [--control-plane-port P] [--speed F]";

/** Wrong use of the command: the message says which argument and what it must be. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Starts the simulator and keeps it running until SIGTERM or SIGINT; bad arguments or a used port end with code 1. */
export async function runDocuware(args: readonly string[]): Promise<void> {
  try {
    const options = readOptions(args);
    const simulator = await startSimulator(options);
    const count = typeof options.organisations === "number" ? options.organisations : options.organisations.length;
    const range = `${options.basePort + 1}-${options.basePort + count}`;
    console.log(
      `DocuWare simulator ready: ${count} organisations on ports ${range}, identity ${simulator.identityUrl}, control plane ${simulator.controlPlaneUrl}`,
    );
    await new Promise<void>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    await simulator.stop();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof PortInUse)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function readOptions(args: readonly string[]): SimulatorOptions {
  const values = parse(args);
  const organisations = number("--organisations", values.organisations, 3, 1, 5000, true);
  const basePort = number("--port", values.port, PORTS.organisations, 1, 65_535 - organisations, true);
  const speed = number("--speed", values.speed, 1, 0.001, 1_000_000, false);
  const durationsMs: Partial<Record<OperationKind, number>> = {};
  for (const kind of OPERATION_KINDS) durationsMs[kind] = DEFAULT_DURATIONS_MS[kind] / speed;
  return {
    organisations,
    basePort,
    identityPort: number("--identity-port", values["identity-port"], PORTS.identity, 1, 65_535, true),
    controlPlanePort: number("--control-plane-port", values["control-plane-port"], PORTS.controlPlane, 1, 65_535, true),
    ...defined({ dataDir: values.data }),
    durationsMs,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const options = { port: text, organisations: text, data: text, speed: text };
    return parseArgs({
      args: [...args],
      options: { ...options, "identity-port": text, "control-plane-port": text },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : "Bad arguments."}\n${USAGE}`);
  }
}

function number(
  name: string,
  text: string | undefined,
  standard: number,
  low: number,
  high: number,
  isWhole: boolean,
): number {
  if (text === undefined) return standard;
  const value = Number(text);
  const isValid = text.trim() !== "" && value >= low && value <= high && (!isWhole || Number.isInteger(value));
  if (isValid) return value;
  throw new UsageError(
    `${name} must be a ${isWhole ? "whole " : ""}number from ${low} to ${high}, not "${text}".\n${USAGE}`,
  );
}
