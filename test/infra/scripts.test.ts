// What Bicep cannot do: app registration and lock, against a directory and an account in memory that answer like `az`.

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ensureRegistration, plannedRoles } from "../../infra/scripts/app-registration.ts";
import type { Az } from "../../infra/scripts/az.ts";
import { ROLES } from "../../shared/capabilities.ts";

const bodySchema = z.object({
  identifierUris: z.array(z.string()),
  appRoles: z.array(z.looseObject({ id: z.string(), value: z.string(), isEnabled: z.boolean() })),
});
const assignmentSchema = z.object({ principalId: z.string(), resourceId: z.string(), appRoleId: z.string() });

/** A directory that knows only what was made in it. */
function directory() {
  const state = {
    applications: [] as {
      id: string;
      appId: string;
      appRoles: z.output<typeof bodySchema>["appRoles"];
      identifierUris: string[];
    }[],
    principals: [] as { id: string; appId: string }[],
    assignments: [] as z.output<typeof assignmentSchema>[],
    writes: 0,
  };
  const option = (args: readonly string[], name: string): string => args[args.indexOf(name) + 1] ?? "";
  const az: Az = (args) => {
    const command = args.slice(0, 3).join(" ");
    if (command === "ad app list") {
      return state.applications.filter((one) => one.identifierUris.includes(option(args, "--identifier-uri")));
    }
    if (command === "ad app create") {
      state.writes += 1;
      const made = { id: "object-1", appId: "client-1", appRoles: [], identifierUris: [] };
      state.applications.push(made);
      return made;
    }
    if (command === "ad sp list") {
      return state.principals.filter(({ appId }) => option(args, "--filter") === `appId eq '${appId}'`);
    }
    if (command === "ad sp create") {
      state.writes += 1;
      const made = { id: `principal-of-${option(args, "--id")}`, appId: option(args, "--id") };
      state.principals.push(made);
      return made;
    }
    const method = option(args, "--method");
    if (method === "get") return { value: state.assignments };
    state.writes += 1;
    const body: unknown = JSON.parse(option(args, "--body"));
    if (method === "patch") Object.assign(state.applications[0] ?? {}, bodySchema.parse(body));
    else state.assignments.push(assignmentSchema.parse(body));
    return undefined;
  };
  return { state, az };
}

describe("app registration", () => {
  test("has every declared role and lets action groups call", () => {
    const { state, az } = directory();
    const registration = ensureRegistration(az, "name", "api://operations");
    expect(registration).toEqual({ clientId: "client-1", objectId: "object-1", identifierUri: "api://operations" });
    expect(state.applications[0]?.appRoles.map(({ value }) => value)).toEqual(Object.keys(ROLES));
    const webhook = state.applications[0]?.appRoles.find(({ value }) => value === "ActionGroupsSecureWebhook");
    expect(state.assignments).toEqual([
      {
        principalId: "principal-of-461e8683-5575-4561-ac7f-899cc907d62a",
        resourceId: "principal-of-client-1",
        appRoleId: webhook?.id,
      },
    ]);
  });
  test("is the same after a second run, which makes nothing anew", () => {
    const { state, az } = directory();
    ensureRegistration(az, "name", "api://operations");
    const first = structuredClone(state);
    ensureRegistration(az, "name", "api://operations");
    expect(state).toEqual({ ...first, writes: first.writes + 1 });
  });
  test("keeps the ids of existing roles and switches off those that are gone", () => {
    const roles = plannedRoles([
      { id: "old-id", value: "Audit.Read", isEnabled: true },
      { id: "gone-id", value: "No.Longer", isEnabled: true },
    ]);
    expect(roles).toContainEqual(expect.objectContaining({ id: "old-id", value: "Audit.Read", isEnabled: true }));
    expect(roles).toContainEqual(expect.objectContaining({ id: "gone-id", value: "No.Longer", isEnabled: false }));
  });
  test("gives every role an id of its own, in the form of a GUID", () => {
    const ids = plannedRoles([]).map(({ id }) => String(id));
    expect(new Set(ids).size).toBe(Object.keys(ROLES).length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
