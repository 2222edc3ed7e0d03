// Command-line options of the local parts: `--name value`, read strictly, refused in one sentence.
import { parseArgs } from "node:util";
import { ClearError, errorText } from "./clear-error.ts";

export interface Options {
  /** The value of `--name`, or `standard` when it was not given. */
  text(name: string, standard: string): string;
  /** Like `text`, checked to be a port number (0 picks a free one). */
  port(name: string, standard: number): number;
  /** A finite number above 0, or undefined when it was not given. */
  positive(name: string): number | undefined;
  /** True when the flag was given. */
  flag(name: string): boolean;
}

/**
 * Reads `args` of the part `part`, which takes the value options `names` and the switches `flags`.
 * @throws ClearError for an unknown option, a missing value or a stray argument.
 */
export function readOptions(
  part: string,
  args: readonly string[],
  names: readonly string[],
  flags: readonly string[] = [],
): Options {
  const values = parseStrictly(part, args, names, flags);
  const get = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    text(name, standard) {
      const text = get(name);
      if (text === "") throw new ClearError(`${part}: --${name} must not be empty.`);
      return text ?? standard;
    },
    port(name, standard) {
      const text = get(name);
      if (text === undefined) return standard;
      if (!/^\d{1,5}$/u.test(text) || Number(text) > 65_535) {
        throw new ClearError(`${part}: --${name} must be a port number from 0 to 65535, not "${text}".`);
      }
      return Number(text);
    },
    positive(name) {
      const text = get(name);
      if (text === undefined) return undefined;
      const value = text.trim() === "" ? Number.NaN : Number(text);
      if (!Number.isFinite(value) || value <= 0) {
        throw new ClearError(`${part}: --${name} must be a number above 0, not "${text}".`);
      }
      return value;
    },
    flag: (name) => values[name] === true,
  };
}

function parseStrictly(
  part: string,
  args: readonly string[],
  names: readonly string[],
  flags: readonly string[],
): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: Object.fromEntries([
        ...names.map((name) => [name, { type: "string" as const }] as const),
        ...flags.map((name) => [name, { type: "boolean" as const }] as const),
      ]),
    }).values;
  } catch (error) {
    const known = [...names.map((name) => `--${name} VALUE`), ...flags.map((name) => `--${name}`)];
    // Node's message goes on with advice on positionals; its first sentence is what is wrong.
    const what = errorText(error).split(/\.\s/u)[0]?.split("\n")[0];
    throw new ClearError(`${part}: ${what}. It takes ${known.length === 0 ? "no options" : known.join(", ")}.`);
  }
}
