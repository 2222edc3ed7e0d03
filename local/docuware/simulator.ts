// The DocuWare simulator: the Platform API of many organisations, their identity service and the control plane, on
// ports of this machine. Behaves as public sources describe DocuWare; what they leave open is decided here.
import type { OperationKind } from "../../shared/docuware/control-plane/control-plane.ts";
import type { FleetMember } from "../fleet.ts";
import { fleet, INITIAL_VERSION } from "../fleet.ts";
import { handleControlPlane } from "./control-plane/server.ts";
import { Faults } from "./faults/faults.ts";
import { HttpEngine } from "./http/engine.ts";
import { loadSigningKey } from "./identity/keys.ts";
import { handleIdentity } from "./identity/server.ts";
import { Throttle } from "./identity/throttle.ts";
import { Tokens } from "./identity/tokens.ts";
import { handlePlatform } from "./platform/server.ts";
import { Organisations } from "./state/organisations.ts";

export interface SimulatorOptions {
  /** The fleet, or how many of the sample fleet. */
  readonly organisations: number | readonly FleetMember[];
  /** Organisation n listens at basePort + n; 0: each on a free port. */
  readonly basePort: number;
  readonly identityPort: number;
  readonly controlPlanePort: number;
  /** Where everything is kept; without it, in memory only. */
  readonly dataDir?: string;
  /** The version that organisations run before their first upgrade. */
  readonly version?: string;
  /** How long operations take, in milliseconds; 0: done at once. */
  readonly durationsMs?: Partial<Readonly<Record<OperationKind, number>>>;
  /** How late a throttled call is answered; DocuWare waits ten seconds. */
  readonly throttleDelayMs?: number;
  readonly now?: () => number;
  /** Size from which the journal is compacted; default 64 MiB. */
  readonly compactAboveBytes?: number;
}

export interface Simulator {
  /** Address of one organisation, e.g. `http://127.0.0.1:20001`; throws for an unknown one. */
  platformUrl(organisationId: string): string;
  readonly identityUrl: string;
  readonly controlPlaneUrl: string;
  /** Finishes requests in flight (at most a second), closes every port, waits for what is still being written. */
  stop(): Promise<void>;
}

export const DEFAULT_DURATIONS_MS: Readonly<Record<OperationKind, number>> = {
  takeOffline: 1000,
  createRestorePoint: 1000,
  upgrade: 3000,
  restore: 2000,
  bringOnline: 1000,
};
const THROTTLE_DELAY_MS = 10_000;

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

/** Starts listening; rejects with ClearError (one clear sentence) when a port is taken, leaving nothing open. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const now = options.now ?? Date.now;
  const members = typeof options.organisations === "number" ? fleet(options.organisations) : options.organisations;
  const organisations = new Organisations({ ...options, members, version: options.version ?? INITIAL_VERSION, now });
  const urls = { identity: "", controlPlane: "", platform: new Map<string, string>() };
  const platformUrl = (organisationId: string): string => {
    const url = urls.platform.get(organisationId);
    if (url === undefined) throw new Error(`The simulator has no organisation "${organisationId}".`);
    return url;
  };
  const context = {
    organisations,
    tokens: new Tokens(await loadSigningKey(options.dataDir), now),
    logons: new Throttle(),
    cabinetLists: new Throttle(),
    faults: new Faults(),
    throttleDelayMs: options.throttleDelayMs ?? THROTTLE_DELAY_MS,
    durationsMs: { ...DEFAULT_DURATIONS_MS, ...options.durationsMs },
    now,
    identityUrl: () => urls.identity,
    url: () => urls.controlPlane,
    platformUrl,
  };
  const engine = new HttpEngine();
  try {
    const controlPlane = (exchange: Parameters<typeof handleControlPlane>[1]) => handleControlPlane(context, exchange);
    urls.controlPlane = urlOf(await engine.listen(options.controlPlanePort, "control plane", controlPlane));
    const identity = (exchange: Parameters<typeof handleIdentity>[1]) => handleIdentity(context, exchange);
    urls.identity = urlOf(await engine.listen(options.identityPort, "identity service", identity));
    await Promise.all(
      members.map(async ({ number, organisationId }) => {
        const port = options.basePort === 0 ? 0 : options.basePort + number;
        const bound = await engine.listen(port, `organisation ${organisationId}`, (exchange) =>
          handlePlatform(context, organisationId, exchange),
        );
        urls.platform.set(organisationId, urlOf(bound));
      }),
    );
  } catch (error) {
    await engine.stop(0);
    await organisations.close();
    throw error;
  }
  return {
    platformUrl,
    identityUrl: urls.identity,
    controlPlaneUrl: urls.controlPlane,
    stop: async () => {
      await engine.stop();
      await organisations.close();
    },
  };
}
