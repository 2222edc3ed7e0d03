// Where the app may send to (docs/outbound.md).

import { z } from "zod";
import { err, ok } from "../../kernel/result.ts";
import { type OutboundPolicy, parseHosts } from "../outbound/address.ts";
import { productionSign } from "./azure-access.ts";
import { Setting, settingText, type SettingName } from "./setting.ts";

const hosts = settingText.transform((value, context) => {
  const parsed = parseHosts(value);
  if (parsed.ok) return parsed.value;
  context.addIssue(parsed.error);
  return z.NEVER;
});

const LOCAL = "OUTBOUND_ALLOW_LOCAL";

export const ALLOW_LOCAL: SettingName = {
  name: LOCAL,
  about: "`true`: calls may go to this machine. For development only: refused where anything says that this is none.",
  local: "true",
  standard: "false",
};

/** The hosts that one setting names, or all that are no private addresses when it has no standard. */
export const outboundPolicy = (own: SettingName): Setting<OutboundPolicy> =>
  new Setting([own], (environment) => {
    const named = environment[own.name] ?? own.standard;
    const parsed = named === undefined ? undefined : hosts.safeParse(named);
    const allow = environment[LOCAL] ?? "false";
    const production = allow === "true" ? productionSign(environment) : undefined;
    const problems = [
      ...(parsed?.error?.issues ?? []).map(({ message }) => `${own.name}: ${message}`),
      ...(["true", "false"].includes(allow) ? [] : [`${LOCAL}: must be true or false`]),
      ...(production === undefined ? [] : [`${LOCAL}: must be false where ${production}: it is for local development`]),
    ];
    if (problems.length > 0) return err(problems);
    return ok({ ...(parsed?.data && { hosts: parsed.data }), allowLocal: allow === "true" });
  });
