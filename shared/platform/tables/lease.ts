// One holder at a time, over all instances: a row that says until when somebody holds it, changed only conditionally. A
// holder that dies costs what is left of its time; one that was frozen past it finds out at its next renewal.

import { z } from "zod";
import { rowCodec } from "./row-codec.ts";
import type { RowKey, Table } from "./tables.ts";

const codec = rowCodec(z.object({ until: z.int() }));

export type Lease =
  /** Somebody else holds it until then, in milliseconds since the epoch, unless they renew it. */
  | { readonly kind: "held"; readonly until: number }
  | {
      readonly kind: "taken";
      /** False when somebody else has taken it over meanwhile: stop. */
      renew(until: number): Promise<boolean>;
      /** Ends it now; nothing happens when somebody else has it. */
      release(): Promise<void>;
    };

/** Throws TransientFailure when storage cannot be reached: whether it was taken is then unknown, and it expires by itself. */
export async function takeLease(table: Table, key: RowKey, now: number, until: number): Promise<Lease> {
  const row = await table.read(key);
  const held = row === undefined ? 0 : codec.decode(row.cells, key).until;
  if (held > now) return { kind: "held", until: held };
  const cells = codec.encode({ until });
  const taken = row === undefined ? await table.insert(key, cells) : await table.replace(key, cells, row.etag);
  if (taken.kind === "conflict") return { kind: "held", until };
  let { etag } = taken;
  const write = async (to: number): Promise<boolean> => {
    const written = await table.replace(key, codec.encode({ until: to }), etag);
    if (written.kind === "written") etag = written.etag;
    return written.kind === "written";
  };
  return { kind: "taken", renew: write, release: async () => void (await write(0)) };
}
