// Reads values out of host.json as .NET's configuration does: key names without case, numbers and booleans also as text.
import { parseTimeSpan } from "./time-span.ts";

export interface Section {
  /** The object below `key`, empty when absent. */
  section(key: string): Section;
  integer(key: string, range: { readonly min: number; readonly max?: number }): number | undefined;
  boolean(key: string): boolean | undefined;
  /** Milliseconds of a `hh:mm:ss`. */
  timeSpan(key: string, range?: { readonly min?: number; readonly max?: number }): number | undefined;
  text(key: string): string | undefined;
  oneOf<const T extends string>(key: string, values: readonly T[]): T | undefined;
  entries(): readonly (readonly [string, unknown])[];
}

/** Everything that is wrong is added to `problems`, so that one start names it all. */
export function configSection(value: unknown, path: string, problems: string[]): Section {
  const fields = isObject(value) ? Object.entries(value) : [];
  if (value !== undefined && value !== null && !isObject(value))
    problems.push(`${path === "" ? "its content" : path} must be an object`);
  const find = (key: string): unknown => fields.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  const name = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const read = <T>(key: string, parse: (text: string) => T | undefined, expected: string): T | undefined => {
    const found = find(key);
    if (found === undefined || found === null) return undefined;
    const isScalar = typeof found === "string" || typeof found === "number" || typeof found === "boolean";
    const parsed = isScalar ? parse(String(found).trim()) : undefined;
    if (parsed === undefined) problems.push(`${name(key)} must be ${expected}, not ${JSON.stringify(found)}`);
    return parsed;
  };
  return {
    section: (key) => configSection(find(key), name(key), problems),
    integer: (key, { min, max = 2_147_483_647 }) =>
      read(key, (text) => integerIn(text, min, max), `a whole number from ${min} to ${max}`),
    boolean: (key) => read(key, booleanOf, "true or false"),
    timeSpan: (key, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
      read(key, (text) => timeSpanIn(text, min, max), `a time span such as "00:05:00" in the allowed range`),
    text: (key) => read(key, (text) => text, "a text"),
    oneOf: (key, values) =>
      read(
        key,
        (text) => values.find((one) => one.toLowerCase() === text.toLowerCase()),
        `one of ${values.map((one) => `"${one}"`).join(", ")}`,
      ),
    entries: () => fields,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function integerIn(text: string, min: number, max: number): number | undefined {
  const value = /^-?\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function booleanOf(text: string): boolean | undefined {
  if (text.toLowerCase() === "true") return true;
  return text.toLowerCase() === "false" ? false : undefined;
}

function timeSpanIn(text: string, min: number, max: number): number | undefined {
  const value = parseTimeSpan(text);
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

const OVERRIDE = "azurefunctionsjobhost__";

/** host.json with the settings `AzureFunctionsJobHost__a__b` put in place (key names without case). */
export function withOverrides(root: unknown, settings: Readonly<Record<string, string>>): unknown {
  const result: unknown = structuredClone(root);
  for (const [name, value] of Object.entries(settings)) {
    if (name.toLowerCase().startsWith(OVERRIDE)) put(result, name.slice(OVERRIDE.length).split("__"), value);
  }
  return result;
}

function put(target: unknown, path: readonly string[], value: string): void {
  const [head, ...rest] = path;
  if (!isObject(target) || head === undefined || head === "") return;
  const key = Object.keys(target).find((one) => one.toLowerCase() === head.toLowerCase()) ?? head;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  if (!isObject(target[key])) target[key] = {};
  put(target[key], rest, value);
}
