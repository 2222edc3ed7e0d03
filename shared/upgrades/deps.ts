// What use cases of campaigns and upgrades take, as ports.ts makes it; each picks what it needs.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import type { Freeze } from "../kernel/time/freeze.ts";
import type { NewNotice } from "../notices/core/notice.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { AcceptedNotice } from "./core/appointment.ts";
import type { Need } from "./core/due.ts";
import type { Upgrade, UpgradePolicy } from "./core/upgrade.ts";
import type { UpgradeLog } from "./signals.ts";
import type { UpgradeStore } from "./store/store.ts";

export interface UpgradeDeps {
  readonly tables: Tables;
  readonly store: UpgradeStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: UpgradeLog;
  readonly policy: UpgradePolicy;
  /** Grid on which a coordinator looks at its campaign. */
  readonly tickMs: number;
  readonly raiseIncident: RaiseIncident;
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly freezes: () => Promise<readonly Freeze[]>;
  readonly need: () => Promise<Need>;
  readonly requestNotices: (asked: readonly NewNotice[]) => Promise<unknown>;
  /** Accepted notices that told a date of this upgrade and did not bounce. */
  readonly acceptedNotices: (upgrade: Upgrade) => Promise<readonly AcceptedNotice[]>;
}
