// HTTP bodies of the registry.

import { organisationSchema } from "./organisation.ts";

export const organisationBody = organisationSchema.omit({ organisationId: true });
export const organisationView = organisationSchema;
