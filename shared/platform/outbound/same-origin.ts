// For SDKs of Azure: an answer may name the address to ask next (operation-location), and the SDK would take the app's token
// there. The address in the settings is the operator's own; an answer leads nowhere else.

import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { TransientFailure } from "../../kernel/failures.ts";

/** What was asked for may have been done all the same: whoever asks must ask again. */
export function sameOriginOnly(endpoint: string): PipelinePolicy {
  const { origin } = new URL(endpoint);
  return {
    name: "sameOriginOnly",
    sendRequest: async (request, next) => {
      if (new URL(request.url).origin === origin) return next(request);
      throw new TransientFailure(`An answer of ${origin} named an address on another host; nothing is sent there.`);
    },
  };
}
