// Rows of checks: one partition per organisation, newest first. The slot is the key, so a check that runs twice is kept
// once.

import { defined } from "../kernel/defined.ts";
import { newestFirst } from "../kernel/time/time-keys.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { Tables } from "../platform/tables/tables.ts";
import { checkSchema, type Check } from "./check.ts";
import { CHECKS_TABLE } from "./resources.ts";
import { reportSuite, type SuiteResult } from "../docuware/functional-suite/observed-suite.ts";
import { REGULAR_CHECK } from "../docuware/signals.ts";
import type { Telemetry } from "../platform/telemetry/telemetry.ts";
import { CHECK_COMPLETED } from "./signals.ts";

const codec = rowCodec(checkSchema, "FunctionalChecks");

export type CheckStore = ReturnType<typeof checkStore>;

export function checkStore(tables: Tables) {
  const table = tables.table(CHECKS_TABLE);
  return {
    /** Doing it again changes nothing: the first result of a slot stands. */
    async keep(check: Check): Promise<void> {
      await table.insert({ partition: check.organisationId, row: newestFirst(check.slot) }, codec.encode(check));
    },
    async read(organisationId: string, slot: number): Promise<Check | undefined> {
      const row = await table.read({ partition: organisationId, row: newestFirst(slot) });
      return row === undefined ? undefined : codec.decode(row.cells, row);
    },
    /** Newest first, at most `limit` (1 to 1,000) per page. */
    async list(organisationId: string, limit: number, cursor?: string) {
      const page = await table.list({ partition: organisationId, limit, ...defined({ cursor }) });
      return { items: page.rows.map((row) => codec.decode(row.cells, row)), cursor: page.cursor };
    },
    /** Removes at most 100 checks of slots before `slot`, the latest of them first; the number of those removed. */
    async removeBefore(organisationId: string, slot: number): Promise<number> {
      const { rows } = await table.list({ partition: organisationId, rowFrom: newestFirst(slot - 1), limit: 100 });
      if (rows.length === 0) return 0;
      const removals = rows.map(({ row, etag }) => ({ kind: "remove", row, etag }) as const);
      const done = await table.transact(organisationId, removals);
      // Somebody else removes them at this moment.
      return done.kind === "written" ? rows.length : 0;
    },
  };
}

interface KeptCheck extends Pick<Check, "outcome"> {
  readonly result?: SuiteResult | undefined;
}

/** Reports each check once it is kept: a run whose result was thrown away is no availability result. */
export function observedCheckStore<S extends { keep(check: KeptCheck): Promise<void> }>(
  store: S,
  telemetry: Telemetry,
): S {
  return {
    ...store,
    keep: async (check: KeptCheck) => {
      await store.keep(check);
      const { outcome, result } = check;
      telemetry.count(CHECK_COMPLETED, { outcome, severity: result?.severity ?? "none" });
      if (result !== undefined) reportSuite(telemetry, REGULAR_CHECK, result);
    },
  };
}
