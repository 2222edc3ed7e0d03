// The app's settings: local.settings.json `Values`, overruled by the environment.
import { readFileSync } from "node:fs";
import { ClearError, errorText } from "../support/clear-error.ts";

export type Settings = Readonly<Record<string, string>>;

/**
 * Replaces every `%NAME%` by the setting NAME.
 * @throws Error (the real host's sentence) for a name without a setting.
 */
export function resolveNames(text: string, settings: Settings): string {
  return text.replaceAll(/%([^%]+)%/gu, (whole: string, name: string) => {
    const value = settings[name];
    if (value === undefined || value === "") throw new Error(`'${whole}' does not resolve to a value.`);
    return value;
  });
}

/**
 * Reads `Values` of a local.settings.json. A file that does not exist yields no settings.
 * @throws ClearError when the file is not readable, not JSON, encrypted, or a value is not a text.
 */
export function readSettingsFile(path: string, isRequired: boolean): Settings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing && !isRequired) return {};
    throw new ClearError(`functions: the settings file ${path} cannot be read (${errorText(error)}).`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not the parser's message: it would quote the text around the error, which may be a secret.
    throw new ClearError(`functions: the settings file ${path} is not valid JSON.`);
  }
  return valuesOf(path, parsed);
}

function valuesOf(path: string, parsed: unknown): Settings {
  if (typeof parsed !== "object" || parsed === null) {
    throw new ClearError(`functions: the settings file ${path} must hold a JSON object.`);
  }
  if ("IsEncrypted" in parsed && parsed.IsEncrypted === true) {
    throw new ClearError(`functions: the settings file ${path} is encrypted; set "IsEncrypted" to false.`);
  }
  const values = "Values" in parsed ? parsed.Values : {};
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new ClearError(`functions: "Values" in ${path} must be an object of texts.`);
  }
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string") throw new ClearError(`functions: the setting ${name} in ${path} must be a text.`);
    settings[name] = value;
  }
  return settings;
}
