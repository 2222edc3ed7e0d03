// The address of an organisation: the probe's secret is sent there, so the registry takes none outside the policy.

import { expect, test } from "vitest";
import { organisationBody } from "../../../shared/organisations/api.ts";
import { putOrganisation } from "../../../shared/organisations/put-organisation.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { parseHosts } from "../../../shared/platform/outbound/address.ts";

const parsed = parseHosts("*.docuware.cloud");
if (!parsed.ok) throw new Error(parsed.error);
const outbound = { hosts: parsed.value, allowLocal: false };

async function world() {
  const tables = memoryTables("Organisations");
  const organisations = organisationStore(tables);
  const clock = { now: () => Date.UTC(2027, 0, 10) };
  const deps = { organisations, freezes: async () => [], clock, outbound };
  return { organisations, put: (url: string, etag?: string) => putOrganisation(deps, alpine(url), etag) };
}

const alpine = (platformUrl: string) => ({
  organisationId: "alpine",
  ...organisationBody.parse({
    name: "Alpine Foods",
    stamp: "eu-1",
    ring: "broad",
    timeZone: "Europe/Berlin",
    language: "de",
    contacts: ["it@alpine.example"],
    platformUrl,
  }),
});

test.each([
  ["http://169.254.169.254/latest", "must be an https URL"],
  ["https://169.254.169.254", "must name a host, not an IP address"],
  ["https://localhost", "must name a public host, such as hooks.example.com"],
  ["http://127.0.0.1:20001", "must be an https URL"],
  ["https://probe:x@alpine.docuware.cloud", "must not carry a user name or password"],
  ["https://evil.example", "must name one of the hosts that the settings allow (*.docuware.cloud)"],
  ["https://alpine.docuware.cloud/x", "must be the root of its host, such as https://example.docuware.cloud"],
  ["ftp://alpine.docuware.cloud", "must be an https URL"],
  ["alpine.docuware.cloud", "must be an absolute URL of at most 500 characters"],
])("%s is refused, new and as a replacement, and nothing is written", async (url, reason) => {
  const { organisations, put } = await world();
  expect(await put(url)).toEqual({ ok: false, error: { kind: "badAddress", reason } });
  expect(await organisations.read("alpine")).toBeUndefined();
  const first = await put("https://alpine.docuware.cloud");
  if (!first.ok) throw new Error(first.error.kind);
  expect(await put(url, first.value.etag)).toMatchObject({ error: { kind: "badAddress" } });
  expect((await organisations.read("alpine"))?.organisation.platformUrl).toBe("https://alpine.docuware.cloud");
});

test("one address is kept in one form, so the same request again is the same", async () => {
  const { put } = await world();
  expect(await put("https://Alpine.docuware.cloud:443/DocuWare/Platform/")).toMatchObject({
    value: { created: true, organisation: { platformUrl: "https://alpine.docuware.cloud" } },
  });
  expect(await put("https://alpine.docuware.cloud/")).toMatchObject({ value: { created: false } });
});
