// Lists of the API: a page of items and, while there is more, an opaque cursor for the next one.

import { defined } from "../../kernel/defined.ts";
import { z } from "zod";

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(2000).optional(),
});

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional().describe("Present when there is more.") });

/** The body of one page. */
export const pageView = <T>(
  items: readonly T[],
  cursor: string | undefined,
): { items: readonly T[]; nextCursor?: string } => ({
  items,
  ...defined({ nextCursor: cursor }),
});
