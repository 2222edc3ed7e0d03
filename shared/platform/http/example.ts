// Examples in the OpenAPI document: they stand at the schema that they are an example of.

import type { z } from "zod";

/** The same schema; the document shows `examples` with it, the first one before all others. */
export const withExamples = <S extends z.ZodType>(schema: S, ...examples: readonly z.input<S>[]): S =>
  schema.meta({ examples });
