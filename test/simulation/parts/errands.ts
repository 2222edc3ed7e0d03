// What people do, as work that is repeated until it got an answer, as callers do after a lost connection.

import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { chooseOrganisations } from "../../../shared/organisations/choose-organisations.ts";
import { deleteOrganisation } from "../../../shared/organisations/delete-organisation.ts";
import { createCampaign, type NewCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { liftQuarantine } from "../../../shared/upgrades/quarantines/lift-quarantine.ts";
import { choiceFor, rescheduleByCustomer, rescheduleByOperator } from "../../../shared/upgrades/dates/reschedule.ts";
import {
  commandCampaign,
  type CampaignCommand,
  type ResumeOptions,
} from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { commandUpgrade, type UpgradeCommand } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import type { Ports } from "./ports.ts";
import type { World } from "./world.ts";

export interface Errand {
  readonly what: string;
  /** Not before then, in milliseconds since the epoch; at once when absent. */
  readonly at?: number;
  /** Not before this holds. */
  readonly when?: (world: World) => boolean;
  readonly run: (ports: Ports, world: World) => Promise<unknown>;
}

const AUTHOR = { kind: "tool", clientId: "author" } as const;
export const APPROVERS = ["operator-a", "operator-b"] as const;

export type CampaignOptions = Pick<NewCampaign, "version" | "maxInFlight" | "failureBudget"> &
  Partial<Pick<NewCampaign, "kind" | "rings" | "stampFailureBudget" | "standardSoakMs" | "notBefore">>;

export const create = (
  campaignId: string,
  organisations: readonly Organisation[],
  options: CampaignOptions,
): Errand => ({
  what: `create ${campaignId} of ${organisations.length} organisations`,
  async run(ports) {
    const wanted = organisations.map(({ organisationId }) => organisationId);
    const chosen = await chooseOrganisations(ports.registry, wanted);
    if (chosen.organisations.length === 0) return undefined;
    return createCampaign(
      ports,
      {
        kind: "hotfix",
        stampFailureBudget: options.failureBudget,
        standardSoakMs: 0,
        rings: [{ ring: "broad", soakMs: 0 }],
        isWholeFleet: false,
        approvers: APPROVERS.map((clientId) => `tool:${clientId}`),
        ...options,
        campaignId,
        organisations: chosen.organisations,
      },
      AUTHOR,
    );
  },
});

export const steer = (
  campaignId: string,
  verb: CampaignCommand,
  clientId = "operator-a",
  options: ResumeOptions = {},
): Errand => ({
  what: `${verb} ${campaignId} by ${clientId}`,
  run: (ports) => commandCampaign(ports, campaignId, verb, { kind: "tool", clientId }, options),
});

export const steerOne = (campaignId: string, organisationId: string, verb: UpgradeCommand): Errand => ({
  what: `${verb} ${organisationId} in ${campaignId}`,
  run: (ports) => commandUpgrade(ports, { campaignId, organisationId }, verb, { kind: "person", userId: "support" }),
});

/** A campaign from nothing to approved. */
export const startOf = (...args: Parameters<typeof create>): readonly Errand[] => [
  create(...args),
  ...APPROVERS.slice(0, args[2].kind === "upgrade" ? 1 : 2).map((clientId) => steer(args[0], "approve", clientId)),
];

/** `pick`: which of the dates that are offered, from 0 to 1. */
export const chooseDate = (campaignId: string, organisationId: string, pick: number): Errand => ({
  what: `${organisationId} chooses another date in ${campaignId}`,
  async run(ports) {
    const of = { campaignId, organisationId };
    const choice = await choiceFor(ports, of);
    if (!choice.ok) return choice;
    const { options, appointment } = choice.value;
    const chosen = options[Math.floor(pick * options.length)];
    if (chosen === undefined) return undefined;
    return rescheduleByCustomer(ports, { ...of, revision: appointment.revision }, chosen.wallStart);
  },
});

/** Some days after the present date, by the clock. */
export const moveDate = (campaignId: string, organisationId: string, days: number): Errand => ({
  what: `an operator moves ${organisationId} in ${campaignId} by ${days} days`,
  async run(ports) {
    const stored = await ports.store.readUpgrade(campaignId, organisationId);
    const wallStart = stored?.upgrade.appointment?.wallStart;
    if (wallStart === undefined) return undefined;
    const later = new Date(Date.parse(`${wallStart}Z`) + days * 86_400_000).toISOString().slice(0, wallStart.length);
    return rescheduleByOperator(ports, { campaignId, organisationId }, later, { kind: "person", userId: "support" });
  },
});

export const lift = (version: string, clientId: string): Errand => ({
  what: `${clientId} lifts the quarantine of ${version}`,
  run: (ports) => liftQuarantine(ports, version, { kind: "tool", clientId }),
});

export const declareFreeze = (scope: Freeze["scope"], at: number, end: number): Errand => ({
  what: `a freeze from ${new Date(at).toISOString()} is declared`,
  run: async (_, { surroundings }) => surroundings.declareFreeze(scope, at, end),
});

/** The latest mail that tells this organisation a date comes back, from all its recipients or only the first. */
export const bounceMail = (campaignId: string, organisationId: string, fromAll: boolean): Errand => ({
  what: `the mail to ${organisationId} comes back${fromAll ? "" : " from one recipient"}`,
  async run(ports, { mailer, time }) {
    const mail = mailer.about(`${campaignId}.${organisationId}@upgrades.docuware.cloud`).at(-1);
    for (const recipient of (mail?.to ?? []).slice(0, fromAll ? undefined : 1)) {
      if (mail === undefined) return;
      const done = await ports.notices.recordBounce({ operationId: mail.operationId, recipient });
      if (done === "unknown") throw new Error(`Nobody knows the mail ${mail.operationId}.`);
      mail.bounced.add(recipient);
      mail.bouncedAt = time.now;
    }
  },
});

/** Support sends the announcements that failed or came back again, to a corrected contact. */
export const resendAll = (campaignId: string, organisationId: string): Errand => ({
  what: `support sends the notices to ${organisationId} again`,
  async run({ notices }) {
    for (const { notice } of await notices.store.noticesOf(campaignId, organisationId)) {
      if (notice.status === "failed" || notice.status === "bounced") {
        await notices.resend(notice, [`corrected@${organisationId}.example`]);
      }
    }
  },
});

export const removeOrganisation = (organisationId: string): Errand => ({
  what: `${organisationId} is removed from the registry`,
  run: (ports) => deleteOrganisation({ ...ports, organisations: ports.registry }, organisationId, "*"),
});

/** Its name, contacts, window, stamp or ring; a lost race is left at that. */
export const changeOrganisation = (organisationId: string, change: Partial<Organisation>): Errand => ({
  what: `${organisationId} gets another ${Object.keys(change).join(" and ")}`,
  async run({ registry }) {
    const found = await registry.read(organisationId);
    if (found !== undefined) await registry.replace({ ...found.organisation, ...change }, found.etag);
  },
});

export const registerAgain = (organisation: Organisation): Errand => ({
  what: `${organisation.organisationId} is registered again`,
  run: ({ registry }) => registry.insert(organisation),
});
