// Ending a session.

import type { Platform } from "./platform.ts";

/** Gives the session (and its licence) back and forgets the token, also when DocuWare does not answer. */
export async function logOff(platform: Platform): Promise<void> {
  try {
    await platform.call({ method: "GET", path: "/Account/Logoff", headers: { accept: "*/*" } });
  } finally {
    platform.drop();
  }
}
