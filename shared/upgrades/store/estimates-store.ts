// What finished upgrades teach about the next ones: one row with the newest durations, for all campaigns.

import { rowCodec } from "../../platform/tables/row-codec.ts";
import { ok } from "../../kernel/result.ts";
import { changeRow } from "../../platform/tables/change-row.ts";
import type { Tables } from "../../platform/tables/tables.ts";
import {
  addSamples,
  NO_SAMPLES,
  p95,
  samplesSchema,
  usualTimes,
  type Finished,
  type Samples,
} from "../core/estimates.ts";
import type { Need } from "../core/due.ts";
import { ESTIMATES_TABLE } from "../resources.ts";

const KEY = { partition: "estimates", row: "durations" };
const codec = rowCodec(samplesSchema, "Estimates");

interface Stored {
  readonly samples: Samples;
  readonly etag?: string;
}

/** `standard`: what is assumed until enough upgrades have finished. */
export function estimatesStore(tables: Tables, standard: Need) {
  const table = tables.table(ESTIMATES_TABLE);
  const read = async (): Promise<Stored> => {
    const row = await table.read(KEY);
    return row === undefined ? { samples: NO_SAMPLES } : { samples: codec.decode(row.cells, row), etag: row.etag };
  };
  return {
    samples: async (): Promise<Samples> => (await read()).samples,
    need: async (): Promise<Need> => {
      const { samples } = await read();
      return {
        upgradeMs: p95(samples.upgradeMs, standard.upgradeMs),
        rollBackMs: p95(samples.rollBackMs, standard.rollBackMs),
        ...usualTimes(samples.upgradeMs),
      };
    },
    /** Learning the same upgrade twice changes nothing. */
    learn: async (finished: readonly Finished[]): Promise<void> => {
      const write = ({ etag }: Stored, next: Samples) =>
        etag === undefined ? table.insert(KEY, codec.encode(next)) : table.replace(KEY, codec.encode(next), etag);
      await changeRow({ name: "The row of estimates", read, write }, ({ samples }) =>
        ok(addSamples(samples, finished)),
      );
    },
  };
}
