// HTTP: versions that nobody may start.

import { z } from "zod";
import { versionSchema } from "../../shared/kernel/version.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { dryRunQuery } from "../../shared/upgrades/campaigns/api.ts";
import { quarantineView, viewQuarantine } from "../../shared/upgrades/quarantines/quarantine-view.ts";
import type { UpgradeVerbs } from "../../shared/upgrades/verbs.ts";
import { changedMeanwhile } from "./campaign-problems.ts";
import { upgradeProblem } from "../../shared/upgrades/problems.ts";

export const quarantineEndpoints = (upgrades: UpgradeVerbs) => [listQuarantines(upgrades), liftQuarantine(upgrades)];

const listQuarantines = ({ quarantines }: UpgradeVerbs) =>
  defineEndpoint({
    name: "list-quarantines",
    method: "GET",
    route: "quarantines",
    role: "Upgrades.Read",
    summary: "Versions that failed too often, those lifted included; nobody starts one until two operators lift it",
    answers: { 200: z.object({ items: z.array(quarantineView) }) },
    handle: async () => ({ status: 200, body: { items: (await quarantines()).map(viewQuarantine) } }),
  });

const liftQuarantine = (upgrades: UpgradeVerbs) =>
  defineEndpoint({
    name: "lift-quarantine",
    method: "POST",
    route: "quarantines/{version}/lift",
    role: "Upgrades.Manage",
    summary: "Says that the version may go out again; the second operator who says so lifts the quarantine",
    params: z.object({ version: versionSchema }),
    query: dryRunQuery,
    answers: { 200: quarantineView },
    handle: async ({ params: { version }, query, caller }) => {
      const lifted = await upgrades.liftQuarantine(version, caller.actor, query.dryRun === "true");
      if (lifted.ok) return { status: 200, body: viewQuarantine(lifted.value) };
      switch (lifted.error.kind) {
        case "notInQuarantine":
          return upgradeProblem(
            "notInQuarantine",
            `Version ${version} is not in quarantine. GET /api/quarantines lists them.`,
          );
        case "alreadyLifted":
          return upgradeProblem(
            "alreadyApproved",
            `${lifted.error.by} has said so already. Somebody else must say so too.`,
          );
        case "changedMeanwhile":
          return changedMeanwhile(`The quarantine of ${version}`);
      }
    },
  });
