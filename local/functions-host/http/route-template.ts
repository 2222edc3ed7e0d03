// Routes of HTTP functions as far as this app uses them: literal segments, and `{name}` for one whole segment.
import { ClearError } from "../../support/clear-error.ts";

export interface RouteTemplate {
  readonly text: string;
  /** The route values of a path (decoded, without query), or undefined when it does not match. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/** @throws ClearError for what the real host knows and this one does not: constraints, optional and catch-all segments. */
export function parseRoute(text: string): RouteTemplate {
  const trimmed = trimSlashes(text);
  const segments = segmentsOf(trimmed);
  for (const segment of segments) {
    if (/^(?:\{\w+\}|[^{}]+)$/u.test(segment)) continue;
    throw new ClearError(
      `functions: the route '${text}' has a segment '${segment}', but this host knows only literal segments and {name}.`,
    );
  }
  return {
    text: trimmed,
    match: (path) => matchPath(segments, segmentsOf(path.replace(/^\//u, "").replace(/\/$/u, ""))),
  };
}

export const trimSlashes = (text: string): string => text.replaceAll(/^\/+|\/+$/gu, "");

const segmentsOf = (text: string): readonly string[] => (text === "" ? [] : text.split("/"));

function matchPath(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (given.length !== segments.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = decode(given[index] ?? "");
    if (segment.startsWith("{") && value !== "") values[segment.slice(1, -1)] = value;
    else if (segment.toLowerCase() !== value.toLowerCase()) return undefined;
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
