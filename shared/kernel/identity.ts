// How organisations are named, and in which languages they are spoken to: words that every capability uses.

import { z } from "zod";

/** Lower-case letters, digits and single hyphens inside, 2 to 50 characters: safe in keys, ids and host names. */
export const organisationIdSchema = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){1,49}$/, "must be 2 to 50 lower-case letters, digits or single hyphens between them");

export const languageSchema = z.enum(["de", "en"]);
