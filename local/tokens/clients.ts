import { ROLES } from "../../shared/capabilities.ts";
// Who may get a token on a developer's machine, and with which app roles (docs/local-stack.md, "Addresses").

/** The secret of every local client; it opens nothing outside this machine. */
export const LOCAL_CLIENT_SECRET = "local";

const reads = Object.keys(ROLES).filter((role) => role.endsWith(".Read") && role !== "Audit.Read");
const operator = ["Upgrades.Manage", "Incidents.Respond", "Organisations.Write", "Checks.Run", ...reads];

/** Client id to app roles. */
export const LOCAL_CLIENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["internal-tool", ["Usage.Read", "Usage.Write", "Audit.Write", "Organisations.Read"]],
  ["auditor", ["Audit.Read"]],
  ["operator-a", operator],
  ["operator-b", operator],
  ["release-manager", operator],
  ["azure-monitor", ["ActionGroupsSecureWebhook"]],
  ["nobody", []],
]);
