// Makes the registry hold exactly the sample fleet.

import { z } from "zod";
import type { FleetMember } from "../fleet.ts";
import { PORTS } from "../ports.ts";
import { mapConcurrently } from "../../shared/kernel/map-concurrently.ts";
import { pages, type Api } from "./api.ts";

const registered = z.object({ organisationId: z.string() });

export async function seedRegistry(api: Api, fleet: readonly FleetMember[]): Promise<void> {
  const present = new Set<string>();
  for await (const { organisationId } of pages(api, "/organisations", registered)) present.add(organisationId);
  const missing = fleet.filter((member) => !present.has(member.organisationId));
  await mapConcurrently(missing, 8, async (member) => {
    await api.send("PUT", `/organisations/${member.organisationId}`, organisationBody(member));
  });
  const wanted = new Set(fleet.map((member) => member.organisationId));
  await mapConcurrently(
    [...present].filter((id) => !wanted.has(id)),
    8,
    async (organisationId) => {
      await api.send("DELETE", `/organisations/${organisationId}`, undefined, { "if-match": "*" });
    },
  );
}

export function organisationBody(member: FleetMember) {
  const { name, stamp, ring, timeZone, maintenanceWindow, language, contact } = member;
  return {
    name,
    stamp,
    ring,
    timeZone,
    maintenanceWindow,
    language,
    contacts: [contact],
    platformUrl: `http://127.0.0.1:${PORTS.organisations + member.number}`,
  };
}
