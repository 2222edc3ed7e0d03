// Route templates of HTTP functions: ASP.NET's syntax and matching, as the real host uses them.
import { parseConstraint, type Constraint } from "./route-constraints.ts";

interface Parameter {
  readonly name: string;
  readonly isCatchAll: boolean;
  readonly isOptional: boolean;
  readonly standard: string | undefined;
  readonly constraints: readonly Constraint[];
}

interface Segment {
  /** Matches one decoded path segment, one group per parameter; undefined for a catch-all. */
  readonly pattern: RegExp | undefined;
  readonly parameters: readonly Parameter[];
  /** A segment that the path may lack: one parameter that is optional, has a default or takes the rest. */
  readonly mayBeMissing: boolean;
}

export interface RouteTemplate {
  readonly text: string;
  /** The route values of a path (decoded, without query), or undefined when it does not match. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/** @throws Error that says what is wrong with the template. */
export function parseRoute(text: string): RouteTemplate {
  const trimmed = text.replaceAll(/^\/+|\/+$/gu, "");
  const segments = trimmed === "" ? [] : splitOutsideBraces(trimmed, "/").map((part) => parseSegment(part, text));
  const names = segments.flatMap((segment) => segment.parameters.map((parameter) => parameter.name.toLowerCase()));
  if (new Set(names).size !== names.length) throw new Error(`The route '${text}' uses a parameter name twice.`);
  segments.forEach((segment, index) => {
    if (segment.pattern === undefined && index < segments.length - 1) {
      throw new Error(`In the route '${text}' a catch-all parameter must be the last segment.`);
    }
  });
  return { text: trimmed, match: (path) => matchPath(segments, path) };
}

/** Splits at a character that is not between braces; doubled braces count as text. */
function splitOutsideBraces(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = "";
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const pair = character + text.charAt(index + 1);
    if (pair === "{{" || pair === "}}") {
      current += pair;
      index += 1;
    } else if (character === separator && depth === 0) {
      parts.push(current);
      current = "";
    } else {
      if (character === "{") depth += 1;
      if (character === "}") depth -= 1;
      current += character;
    }
  }
  return [...parts, current];
}

function parseSegment(text: string, route: string): Segment {
  const parts = text.matchAll(/\{((?:[^{}]|\{\{|\}\})+)\}|((?:[^{}]|\{\{|\}\})+)|[{}]/gu);
  const parameters: Parameter[] = [];
  let source = "";
  let isPlain = true;
  for (const [whole, inner, literal] of parts) {
    if (inner !== undefined && !whole.startsWith("{{")) {
      parameters.push(parseParameter(inner, route));
      source += parameters.length > 1 || !isPlain ? "(.+?)" : "(.+)";
    } else if (literal !== undefined || inner !== undefined) {
      isPlain = false;
      source += escapeRegex(unescapeBraces(literal ?? whole));
    } else throw new Error(`The route '${route}' has a brace without its partner.`);
  }
  if (text === "") throw new Error(`The route '${route}' has an empty segment.`);
  const only = isPlain && parameters.length === 1 ? parameters[0] : undefined;
  if (only === undefined && parameters.some((parameter) => parameter.isCatchAll || parameter.isOptional)) {
    throw new Error(`In the route '${route}' an optional or catch-all parameter must be a segment of its own.`);
  }
  return {
    pattern: only?.isCatchAll === true ? undefined : new RegExp(`^${source}$`, "isu"),
    parameters,
    mayBeMissing: only !== undefined && (only.isCatchAll || only.isOptional || only.standard !== undefined),
  };
}

const escapeRegex = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);

const unescapeBraces = (text: string): string => text.replaceAll("{{", "{").replaceAll("}}", "}");

function parseParameter(text: string, route: string): Parameter {
  const match = /^(\*{0,2})(\w+)((?::(?:[^():=?]|\((?:[^()]|\([^()]*\))*\))+)*)(?:=(.*?))?(\?)?$/su.exec(text);
  if (match === null) throw new Error(`The route '${route}' has an unreadable parameter '{${text}}'.`);
  const [, stars = "", name = "", constraintText = "", standard, optional] = match;
  const constraints = [...constraintText.matchAll(/:((?:[^():]|\((?:[^()]|\([^()]*\))*\))+)/gsu)].map((one) =>
    parseConstraint(
      unescapeBraces(one[1] ?? "")
        .replaceAll("[[", "[")
        .replaceAll("]]", "]"),
    ),
  );
  return { name, isCatchAll: stars !== "", isOptional: optional !== undefined, standard, constraints };
}

function matchPath(segments: readonly Segment[], path: string): Readonly<Record<string, string>> | undefined {
  const parts = path.replace(/^\//u, "").replace(/\/$/u, "").split("/");
  const given = parts.length === 1 && parts[0] === "" ? [] : parts;
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const raw = given[index];
    if (raw === undefined) {
      if (!segment.mayBeMissing) return undefined;
      takeDefault(segment, values);
    } else if (segment.pattern === undefined) {
      return take(segment, [given.slice(index).map(decode).join("/")], values) ? values : undefined;
    } else {
      const match = segment.pattern.exec(decode(raw));
      if (match === null || !take(segment, match.slice(1), values)) return undefined;
    }
  }
  return given.length > segments.length ? undefined : values;
}

function take(segment: Segment, texts: readonly string[], values: Record<string, string>): boolean {
  return segment.parameters.every((parameter, index) => {
    const value = texts[index] ?? "";
    values[parameter.name] = value;
    return parameter.constraints.every((isFit) => isFit(value));
  });
}

/** An optional parameter without value stays absent; a catch-all becomes empty. */
function takeDefault(segment: Segment, values: Record<string, string>): void {
  for (const parameter of segment.parameters) {
    if (parameter.standard !== undefined) values[parameter.name] = parameter.standard;
    else if (parameter.isCatchAll) values[parameter.name] = "";
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
