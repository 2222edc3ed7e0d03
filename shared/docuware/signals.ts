// What the clients of DocuWare Cloud report (docs/telemetry.md).

import { CALL_BUCKETS, histogram, spans, type AvailabilityTest } from "../platform/telemetry/instruments.ts";

export const CONTROL_PLANE_CALL = spans(
  "internal",
  "control plane {operation}",
  "A call of the DocuWare Cloud control plane; the request itself is a span below it",
  ["operation", "organisationId", "action", "outcome"],
);

export const SUITE_DURATION = histogram(
  "dwops.check.duration",
  "How long the functional suite of one organisation took",
  ["outcome"],
  CALL_BUCKETS,
);

const attributes = ["organisationId", "version", "failedStep"];
export const REGULAR_CHECK: AvailabilityTest = {
  name: "functional-check",
  description: "The functional suite at a regular check, or on demand",
  attributes,
};
export const VERIFICATION: AvailabilityTest = {
  name: "upgrade-verification",
  description: "The functional suite on an organisation that an upgrade has taken offline",
  attributes,
};
