// The maintenance window of an organisation: what the registry takes, refuses and fills in.

import { describe, expect, test } from "vitest";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import { organisationBody } from "../../../shared/organisations/api.ts";
import { windowOf, type Organisation } from "../../../shared/organisations/organisation.ts";
import { putOrganisation } from "../../../shared/organisations/put-organisation.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";

const NOW = Date.UTC(2027, 0, 10, 12);
const body = {
  name: "Alpine Foods",
  stamp: "eu-1",
  ring: "broad",
  timeZone: "Europe/Berlin",
  language: "de",
  contacts: ["it@alpine.example"],
  platformUrl: "https://alpine.example",
} as const;
const monthly = { kind: "monthly", week: 2, weekday: "sunday", start: "02:00", durationMinutes: 240 } as const;
const alpine = (maintenanceWindow: Organisation["maintenanceWindow"]): Organisation => ({
  organisationId: "alpine",
  ...body,
  contacts: [...body.contacts],
  maintenanceWindow,
});
const yearly = (from: string, to: string): Freeze => ({
  freezeId: "year-end",
  reason: "year end",
  scope: { kind: "stamp", stamp: "eu-1" },
  period: { kind: "yearly", zone: "Europe/Berlin", from, to },
});

async function world(freezes: readonly Freeze[] = []) {
  const tables = memoryTables("Organisations");
  const organisations = organisationStore(tables);
  const outbound = { allowLocal: false };
  return { tables, deps: { organisations, freezes: async () => freezes, clock: { now: () => NOW }, outbound } };
}

test("without one it is Saturday 22:00 for six hours in the organisation's zone", () => {
  const organisation = organisationBody.parse(body);
  expect(windowOf(organisation)).toEqual({
    kind: "weekly",
    weekdays: ["saturday"],
    start: "22:00",
    durationMinutes: 360,
    zone: "Europe/Berlin",
  });
});

test("a contact has at most the 254 characters that an address may have", () => {
  const isTaken = (length: number) =>
    organisationBody.safeParse({ ...body, contacts: ["@alpine.example".padStart(length, "a")] }).success;
  expect([254, 255].map(isTaken)).toEqual([true, false]);
});

test("a row written before there were windows still reads", async () => {
  const { tables, deps } = await world();
  const { contacts, ...cells } = body;
  await tables
    .table("Organisations")
    .insert(
      { partition: "organisations", row: "alpine" },
      { organisationId: "alpine", ...cells, contacts: JSON.stringify(contacts) },
    );
  const read = await deps.organisations.read("alpine");
  expect(read?.organisation.maintenanceWindow).toMatchObject({ kind: "weekly", weekdays: ["saturday"] });
});

describe("a body is refused when its window", () => {
  test.each([
    ["has a zone of its own", { ...monthly, zone: "Asia/Tokyo" }, 'Unrecognized key: "zone"'],
    ["never opens, having no weekday", { ...monthly, kind: "weekly", weekdays: [] }, ">=1 items"],
    ["never opens in most months", { ...monthly, week: 5 }, 'must be 1, 2, 3, 4 or "last"'],
    ["is shorter than an hour", { ...monthly, durationMinutes: 59 }, "at least 60 minutes"],
    ["is longer than a day", { ...monthly, durationMinutes: 1441 }, "at most 1440 minutes"],
    ["starts at no time of day", { ...monthly, start: "24:00" }, "must be a time of day such as 22:00"],
  ])("%s", (_name, maintenanceWindow, message) => {
    const parsed = organisationBody.safeParse({ ...body, maintenanceWindow });
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
    expect(parsed.error?.issues[0]?.path[0]).toBe("maintenanceWindow");
  });

  test("lies in a zone that does not exist", () => {
    const parsed = organisationBody.safeParse({ ...body, timeZone: "Mars/Olympus" });
    expect(parsed.error?.issues[0]?.message).toBe("must be an IANA time zone such as Europe/Berlin");
  });
});

test("PUT names the first period in which freezes leave too few windows, and writes nothing", async () => {
  const { deps } = await world([yearly("12-08", "01-14")]);
  const put = await putOrganisation(deps, alpine(monthly), undefined);
  expect(put).toMatchObject({ ok: false, error: { kind: "tooFewWindows", found: 1 } });
  // The second Sundays of November, then not before February.
  expect(put.ok ? "" : JSON.stringify(put.error)).toContain("in the 99 days from 2027-10-10T00:00:00.001Z");
  expect(await deps.organisations.read("alpine")).toBeUndefined();
});

test("freezes of another stamp do not count, and a shorter one leaves enough", async () => {
  const other = { ...yearly("12-08", "01-14"), scope: { kind: "stamp" as const, stamp: "us-1" } };
  for (const freeze of [other, yearly("12-15", "01-10")]) {
    const { deps } = await world([freeze]);
    expect((await putOrganisation(deps, alpine(monthly), undefined)).ok).toBe(true);
  }
});

test("the same organisation again is no conflict, whatever the order of the window's names", async () => {
  const { deps } = await world();
  await putOrganisation(deps, alpine(monthly), undefined);
  const { kind, ...rest } = monthly;
  expect(await putOrganisation(deps, alpine({ ...rest, kind }), undefined)).toMatchObject({
    value: { created: false },
  });
  const changed = alpine({ ...monthly, start: "03:00" });
  expect(await putOrganisation(deps, changed, undefined)).toMatchObject({ error: { kind: "etagNeeded" } });
});
