// Access keys of the host and its functions, kept in the data directory and made at the first start.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ClearError } from "../../support/clear-error.ts";
import { readTextIfPresent, writeFileAtomically } from "../../support/files.ts";

export interface Keys {
  readonly master: string;
  readonly host: readonly string[];
  /** Keys that open one function only, by its lower-case name. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
}

/** What the key of a request opens. */
export type KeyLevel = "none" | "function" | "host" | "master";

const newKey = (): string => randomBytes(40).toString("base64url");

/**
 * The keys of `keys.json` in the data directory; given ones win over those of the file.
 * @throws ClearError when the file is not usable.
 */
export function loadKeys(dataDir: string, given: { readonly master?: string; readonly host?: string } = {}): Keys {
  const path = join(dataDir, "keys.json");
  const stored = readKeys(path);
  if (stored === undefined) {
    const made = { master: newKey(), host: [newKey()], functions: {} };
    writeFileAtomically(path, `${JSON.stringify(made, undefined, 2)}\n`, 0o600);
    return withGiven(made, given);
  }
  return withGiven(stored, given);
}

const withGiven = (keys: Keys, given: { readonly master?: string; readonly host?: string }): Keys => ({
  master: given.master ?? keys.master,
  host: given.host === undefined ? keys.host : [given.host],
  functions: keys.functions,
});

function readKeys(path: string): Keys | undefined {
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  const unusable = new ClearError(`functions: ${path} is not usable; delete it, new keys are made at the next start.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unusable;
  }
  if (typeof parsed !== "object" || parsed === null) throw unusable;
  const master = "master" in parsed ? parsed.master : undefined;
  const host = "host" in parsed ? parsed.host : undefined;
  const functions = "functions" in parsed ? parsed.functions : {};
  if (!isKey(master) || !isKeyList(host) || typeof functions !== "object" || functions === null) throw unusable;
  const byName: Record<string, readonly string[]> = {};
  for (const [name, keys] of Object.entries(functions)) {
    if (!isKeyList(keys)) throw unusable;
    byName[name.toLowerCase()] = keys;
  }
  return { master, host, functions: byName };
}

const isKey = (value: unknown): value is string => typeof value === "string" && value.length >= 8;
const isKeyList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isKey);

/** The header `x-functions-key` alone counts when it is there, else the query's `code`. */
export function keyLevel(
  request: IncomingMessage,
  query: URLSearchParams,
  keys: Keys,
  functionName?: string,
): KeyLevel {
  const header = request.headers["x-functions-key"];
  const code = [...query].find(([name]) => name.toLowerCase() === "code")?.[1];
  const given = typeof header === "string" ? header : code;
  if (given === undefined || given === "") return "none";
  const digest = sha256(given);
  const isOneOf = (list: readonly string[]): boolean => list.some((key) => timingSafeEqual(sha256(key), digest));
  if (isOneOf([keys.master])) return "master";
  if (isOneOf(keys.host)) return "host";
  const own = functionName === undefined ? undefined : keys.functions[functionName.toLowerCase()];
  return own !== undefined && isOneOf(own) ? "function" : "none";
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
