// The control plane with a span around every call.

import type { Telemetry } from "../../platform/telemetry/telemetry.ts";
import { CONTROL_PLANE_CALL } from "../signals.ts";
import type { ControlPlane } from "./control-plane.ts";

export function tracedControlPlane(inner: ControlPlane, telemetry: Telemetry): ControlPlane {
  return {
    begin: (request) =>
      telemetry.span(
        CONTROL_PLANE_CALL,
        { operation: "begin", organisationId: request.organisationId, action: request.action.kind },
        async (span) => {
          const status = await inner.begin(request);
          span.set({ outcome: status.kind });
          return status;
        },
      ),
    poll: (organisationId, operationId) =>
      telemetry.span(CONTROL_PLANE_CALL, { operation: "poll", organisationId }, async (span) => {
        const status = await inner.poll(organisationId, operationId);
        span.set({ outcome: status?.kind ?? "unknown" });
        return status;
      }),
    status: (organisationId) =>
      telemetry.span(CONTROL_PLANE_CALL, { operation: "status", organisationId }, async (span) => {
        const status = await inner.status(organisationId);
        span.set({ outcome: status.availability });
        return status;
      }),
  };
}
