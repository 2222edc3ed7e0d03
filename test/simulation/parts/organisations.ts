// The registry of a simulated world: organisations with windows, zones, stamps and rings.

import { fleet } from "../../../local/fleet.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import type { Random } from "./random.ts";

/** The first organisations of the sample fleet. */
export const sampleFleet = (count: number): readonly Organisation[] =>
  fleet(count).map(({ contact, number: _, ...member }) => ({
    ...member,
    contacts: [contact],
    platformUrl: "https://x.example",
  }));

/** Zones whose clocks change at other times and by other steps (Lord Howe: half an hour; Beirut: at midnight). */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Beirut",
  "Asia/Kolkata",
  "America/Santiago",
  "Pacific/Auckland",
  "UTC",
];

export const WINDOWS: readonly Organisation["maintenanceWindow"][] = [
  { kind: "weekly", weekdays: ["saturday"], start: "22:00", durationMinutes: 360 },
  { kind: "weekly", weekdays: ["sunday"], start: "02:30", durationMinutes: 240 },
  { kind: "weekly", weekdays: ["sunday"], start: "00:15", durationMinutes: 300 },
  { kind: "weekly", weekdays: ["monday", "wednesday", "friday"], start: "01:00", durationMinutes: 180 },
  { kind: "monthly", week: "last", weekday: "sunday", start: "02:00", durationMinutes: 480 },
  { kind: "monthly", week: 1, weekday: "sunday", start: "02:15", durationMinutes: 300 },
];

export type Place = Pick<Organisation, "timeZone" | "maintenanceWindow">;

/** Of any zone and window; half of them where it is interesting (`favourite`). */
export function drawOrganisations(random: Random, count: number, favourite?: Place): readonly Organisation[] {
  const isUniform = random.chance(0.3);
  const [zone, window] = [random.pick(ZONES), random.pick(WINDOWS)];
  const drawPlace = (): Place => ({
    timeZone: isUniform ? zone : random.pick(ZONES),
    maintenanceWindow: isUniform ? window : random.pick(WINDOWS),
  });
  return sampleFleet(count).map((organisation) => ({
    ...organisation,
    stamp: random.pick(["eu-1", "us-1"]),
    ring: random.pick(["canary", "early", "broad"] as const),
    ...(favourite !== undefined && random.chance(0.5) ? favourite : drawPlace()),
    contacts: organisation.contacts.flatMap((contact) =>
      random.chance(0.3) ? [contact, `second-${contact}`] : [contact],
    ),
  }));
}
