// The one loop that reads a row, decides, and writes it on condition that nobody else has: again after a lost race.

import { TransientFailure } from "../../kernel/failures.ts";
import type { Result } from "../../kernel/result.ts";
import type { Written } from "./tables.ts";

/** One row (or one thing whose rows change in one transaction): `S` as it is stored, `N` what is to be stored next. */
export interface ChangeableRow<S, N> {
  /** For the failure, e.g. "Notice 4711". */
  readonly name: string;
  /** Spares the first read. */
  readonly known?: S | undefined;
  readonly read: () => Promise<S | undefined>;
  /** Writes conditionally. What must have happened before the row changes goes first here; it may come again. */
  readonly write: (stored: S, next: N) => Promise<Written>;
}

export type Changed<S, N, R> =
  | { readonly kind: "written"; readonly next: N; readonly etag: string }
  | { readonly kind: "unchanged"; readonly stored: S }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly refusal: R };

/** More races than these in a row are a disturbance. */
const MAX_RACES = 10;

/**
 * `change` must be pure, because it is asked again after a lost race: ok with the next value, ok with undefined when
 * nothing is to be written, or a refusal. Throws TransientFailure when others write the row all the time.
 */
export async function changeRow<S, N, R = never>(
  { name, known, read, write }: ChangeableRow<S, N>,
  change: (stored: S) => Result<N | undefined, R>,
): Promise<Changed<S, N, R>> {
  let stored = known ?? (await read());
  for (let attempt = 1; attempt <= MAX_RACES; attempt++) {
    if (stored === undefined) return { kind: "absent" };
    const decided = change(stored);
    if (!decided.ok) return { kind: "refused", refusal: decided.error };
    if (decided.value === undefined) return { kind: "unchanged", stored };
    const written = await write(stored, decided.value);
    if (written.kind === "written") return { kind: "written", next: decided.value, etag: written.etag };
    stored = await read();
  }
  throw new TransientFailure(`${name} changes all the time; try again later.`);
}
