// The sample fleet: the same organisations for the simulator, the registry and the tests, derived from a number alone.

import type { Organisation } from "../shared/organisations/organisation.ts";

const FIRST = [
  "Alpine",
  "Baltic",
  "Cedar",
  "Delta",
  "Elbe",
  "Fjord",
  "Granit",
  "Harbor",
  "Iris",
  "Juniper",
  "Kestrel",
  "Linden",
];
const SECOND = ["Logistics", "Insurance", "Foods", "Engineering", "Pharma", "Energy", "Textiles", "Publishing"];
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Europe/London",
  "Asia/Tokyo",
  "Australia/Sydney",
  "America/Sao_Paulo",
  "Europe/Madrid",
  "Asia/Kolkata",
] as const;

/** Long enough for any upgrade: weekends, nights in the week, once a month, every night. */
const WINDOWS: readonly Organisation["maintenanceWindow"][] = [
  { kind: "weekly", weekdays: ["saturday"], start: "22:00", durationMinutes: 360 },
  { kind: "weekly", weekdays: ["tuesday", "thursday"], start: "20:30", durationMinutes: 300 },
  { kind: "monthly", week: "last", weekday: "sunday", start: "02:00", durationMinutes: 480 },
  {
    kind: "weekly",
    weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
    start: "01:00",
    durationMinutes: 240,
  },
  { kind: "weekly", weekdays: ["sunday"], start: "06:00", durationMinutes: 600 },
];

export interface FleetMember {
  /** Position in the fleet, from 1: its port is the first organisation port + number. */
  readonly number: number;
  readonly organisationId: string;
  readonly name: string;
  readonly stamp: "eu-1" | "us-1";
  readonly ring: "canary" | "early" | "broad";
  readonly timeZone: (typeof ZONES)[number];
  readonly maintenanceWindow: Organisation["maintenanceWindow"];
  readonly language: "de" | "en";
  readonly contact: string;
}

/** The credentials every simulated organisation accepts (docs/local-stack.md, "Addresses"). */
export const PROBE = { username: "probe", password: "local", clientId: "probe-client", clientSecret: "local" } as const;

export const INITIAL_VERSION = "7.12.1.100";

function pick<T>(from: readonly T[], index: number): T {
  const value = from[index % from.length];
  if (value === undefined) throw new Error("Cannot pick from an empty list.");
  return value;
}

/** Organisation `number` (from 1) of the fleet; the first is the canary, about a sixth go early, the rest broad. */
export function fleetMember(number: number): FleetMember {
  const index = number - 1;
  const name = `${pick(FIRST, index)} ${pick(SECOND, index + Math.floor(index / FIRST.length))}`;
  const repeat = Math.floor(index / (FIRST.length * SECOND.length));
  const organisationId = `${name.toLowerCase().replace(" ", "-")}${repeat === 0 ? "" : `-${repeat + 1}`}`;
  const timeZone = pick(ZONES, index);
  return {
    number,
    organisationId,
    name: repeat === 0 ? name : `${name} ${repeat + 1}`,
    stamp: timeZone.startsWith("America") ? "us-1" : "eu-1",
    ring: index % 12 === 0 ? "canary" : index % 12 < 3 ? "early" : "broad",
    timeZone,
    maintenanceWindow: pick(WINDOWS, index),
    language: timeZone === "Europe/Berlin" ? "de" : "en",
    contact: `it@${organisationId}.example`,
  };
}

export const fleet = (size: number): readonly FleetMember[] =>
  Array.from({ length: size }, (_, index) => fleetMember(index + 1));
