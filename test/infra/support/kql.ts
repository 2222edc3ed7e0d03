// Reads the names out of a KQL query: tables, metrics, events, attributes, functions, states. A query for a name that
// nobody emits is lawful KQL and simply never finds anything; so the names are held against the telemetry catalogue.

import { AVAILABILITY, EXPORTED, METRICS, type Signal } from "../../support/catalogue.ts";
import { UPGRADE_STATES } from "../../../shared/upgrades/core/moves.ts";
import { FUNCTIONS } from "../../../shared/capabilities.ts";

/** Tables of the app's own signals, with the names that the catalogue knows in them. */
const OWN: Readonly<Record<string, Readonly<Record<string, Signal>>>> = {
  AppMetrics: METRICS,
  AppEvents: EXPORTED,
  AppAvailabilityResults: AVAILABILITY,
};
/** Tables that the platform fills. */
const PLATFORM = new Set([
  "AppRequests",
  "AppDependencies",
  "AppExceptions",
  "AppTraces",
  "ACSEmailStatusUpdateOperational",
  "StorageTableLogs",
  "_LogOperation",
]);
const STATES: ReadonlySet<string> = new Set(UPGRADE_STATES);
const NAMES: ReadonlySet<string> = new Set(FUNCTIONS);

/** What is wrong with a query; `dimensions` are the columns that an alert splits its rows by. */
export function queryProblems(query: string, dimensions: readonly string[]): readonly string[] {
  // What the template puts in when it is deployed, e.g. the id of an identity.
  const text = query.replace(/^\[replace\('/, "").replace(/', '[A-Z_]+', reference\([^]*$/, "");
  const code = text.replaceAll(/^\s*\/\/.*$/gm, "").trim();
  const table = /^\w+/.exec(code)?.[0] ?? "";
  const unquoted = code.replaceAll(/"[^"]*"/g, "");
  const missing = dimensions.filter((name) => !new RegExp(`\\b${name}\\b`).test(unquoted));
  const columns = missing.map((name) => `the query has no column ${name} to split by`);
  const own = OWN[table];
  if (own !== undefined) return [...columns, ...ownProblems(code, table, own)];
  return PLATFORM.has(table) ? columns : [...columns, `${table || "the query"} is no known table`];
}

function ownProblems(code: string, table: string, known: Readonly<Record<string, Signal>>): readonly string[] {
  const names = namesIn(code);
  const attributes = new Set(names.flatMap((name) => known[name]?.attributes ?? []));
  return [
    ...(names.length === 0 ? [`the query of ${table} names no signal`] : []),
    ...names.filter((name) => known[name] === undefined).map((name) => `${table} has no ${name}`),
    ...all(code, /Properties\["(\w+)"\]/g)
      .filter((attribute) => !attributes.has(attribute))
      .map((attribute) => `${names.join(", ")} has no attribute ${attribute}`),
    ...(/Properties\.\w/.test(code) ? ['write Properties["name"], so that the name can be checked'] : []),
    ...all(code, /\["function"\]\) == "([^"]+)"/g)
      .filter((name) => !NAMES.has(name))
      .map((name) => `there is no function ${name}`),
    ...[...all(code, /\["(?:to|from)"\]\) == "([^"]+)"/g), ...listed(code, "state")]
      .filter((state) => !STATES.has(state))
      .map((state) => `upgrades have no state ${state}`),
  ];
}

/** Names in `Name == "x"` and `Name in ("x", "y")`. */
export const namesIn = (code: string): readonly string[] => [
  ...all(code, /\bName == "([^"]+)"/g),
  ...listed(code, "Name"),
];

/** The texts of `column in ("x", "y")`. */
export const listed = (code: string, column: string): readonly string[] =>
  all(code, new RegExp(`\\b${column} in \\(([^)]*)\\)`, "g")).flatMap((inside) => all(inside, /"([^"]+)"/g));

const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].flatMap(([, group]) => (group === undefined ? [] : [group]));
