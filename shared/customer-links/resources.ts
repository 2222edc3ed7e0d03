import type { Resources } from "../platform/resources.ts";

export const customerLinkResources = {
  endpoints: ["open-reschedule", "submit-reschedule", "get-calendar"],
} as const satisfies Resources;
