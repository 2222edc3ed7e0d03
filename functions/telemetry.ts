// Telemetry, started before anything else of the app: the first import of index.ts.

import { app } from "@azure/functions";
import { startTelemetry } from "../shared/platform/telemetry/start-telemetry.ts";

/** Does nothing unless APPLICATIONINSIGHTS_CONNECTION_STRING is set. */
export const telemetry = await startTelemetry();

// Not every host calls it (docs/telemetry.md): what matters is sent every few seconds anyway.
app.hook.appTerminate(() => telemetry.close());
