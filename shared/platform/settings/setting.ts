// Settings: flat names outside, one nested typed value inside. A capability declares the nested value with a `Setting` at
// each end (its settings.ts); shared/capabilities.ts puts them together, and one parse at the start reads them all.

import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A flat name, as operators and `npm run contract` know it. */
export interface SettingName {
  readonly name: string;
  readonly about: string;
  /** Lies in Key Vault in Azure. */
  readonly isSecret?: true;
  /** Its value in every deployment; absent where an operator chooses it or it follows from a resource. */
  readonly azure?: string;
  /** Its value in local.settings.sample.json. */
  readonly local?: string;
  /** What holds when it is not set, in words of the setting. */
  readonly standard?: string;
}

export class Setting<T> {
  readonly names: readonly SettingName[];
  /** The problems name the setting and what is expected of it, never its value. */
  readonly read: (environment: Environment) => Result<T, readonly string[]>;
  constructor(names: readonly SettingName[], read: Setting<T>["read"]) {
    this.names = names;
    this.read = read;
  }
}

export interface Declarations {
  readonly [name: string]: Setting<unknown> | Declarations;
}

export type SettingsOf<D> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : SettingsOf<D[K]>;
};

/** Names every bad key with what is expected of it; holds no value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const list = problems.map((problem) => `\n  ${problem}`).join("");
    super(`${problems.length} settings are missing or wrong (see local.settings.sample.json):${list}`);
    this.problems = problems;
  }
}

/** Throws SettingsError, with all that is wrong. Empty values count as absent. */
export function readSettings<const D extends Declarations>(declarations: D, environment: Environment): SettingsOf<D> {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const problems = new Set<string>();
  const valueOf = (declared: Setting<unknown> | Declarations): unknown => {
    if (!(declared instanceof Setting)) {
      return Object.fromEntries(Object.entries(declared).map(([name, one]) => [name, valueOf(one)]));
    }
    const result = declared.read(present);
    if (result.ok) return result.value;
    for (const problem of result.error) problems.add(problem);
    return undefined;
  };
  const value = valueOf(declarations);
  if (problems.size > 0) throw new SettingsError([...problems].toSorted());
  // A mapped type over the declarations that were just walked.
  return value as SettingsOf<D>;
}

export const settingsFromProcess = <const D extends Declarations>(declarations: D): SettingsOf<D> =>
  readSettings(declarations, process.env);

/** Every flat name that is declared, and whether the start needs it (or the one beside it). */
export const namesIn = (declarations: Declarations): readonly (SettingName & { readonly isNeeded: boolean })[] =>
  Object.values(declarations).flatMap((one) => {
    if (!(one instanceof Setting)) return namesIn(one);
    const isNeeded = !one.read({}).ok;
    return one.names.map((name) => ({ ...name, isNeeded }));
  });

type More = Omit<SettingName, "name" | "about">;

export const setting = <S extends z.ZodType>(
  name: string,
  schema: S,
  about: string,
  more: More = {},
): Setting<z.output<S>> =>
  new Setting([{ name, about, ...more }], (environment) => {
    const parsed = schema.safeParse(environment[name]);
    return parsed.success ? ok(parsed.data) : err(parsed.error.issues.map(({ message }) => `${name}: ${message}`));
  });

/** A number of seconds as milliseconds; fractions are allowed. */
export const seconds = (name: string, about: string, standard: number, most = 86_400): Setting<number> =>
  setting(
    name,
    z
      .string()
      .default(String(standard))
      .refine((value) => isDecimal(value, 0.05, most), `must be a number of seconds from 0.05 to ${most}`)
      .transform((value) => Math.round(Number(value) * 1000)),
    about,
    { standard: String(standard) },
  );

export const count = (name: string, about: string, standard: number, most: number, more: More = {}): Setting<number> =>
  setting(
    name,
    z
      .string()
      .default(String(standard))
      .refine(
        (value) => /^\d{1,6}$/.test(value) && isDecimal(value, 1, most),
        `must be a whole number from 1 to ${most}`,
      )
      .transform(Number),
    about,
    { standard: String(standard), ...more },
  );

const isDecimal = (value: string, least: number, most: number): boolean =>
  /^\d{1,8}(\.\d{1,4})?$/.test(value) && Number(value) >= least && Number(value) <= most;

export const settingText = z.string("is missing").max(2000, "must have at most 2,000 characters");

/** https, but for this machine, where the emulators speak http. */
export const settingUrl = settingText.refine(isSafeUrl, "must be an https URL (http only for this machine)");

export function isSafeUrl(value: string): boolean {
  const parsed = URL.parse(value);
  if (parsed === null || parsed.username !== "" || parsed.password !== "") return false;
  return parsed.protocol === "https:" || (parsed.protocol === "http:" && isThisMachine(parsed));
}

export const isThisMachine = ({ hostname }: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
