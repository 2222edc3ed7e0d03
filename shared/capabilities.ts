// The capabilities and what each declares in its own folder, put together: a new capability has a line in every list here.
// `npm run contract` writes from it what Bicep, the Functions host and readers of the docs need.

import routes from "../infra/contract/routes.json" with { type: "json" };
import { organisationProblem } from "./organisations/problems.ts";
import { incidentProblem } from "./incidents/problems.ts";
import { freezeProblem } from "./freezes/problems.ts";
import { noticeProblem } from "./notices/problems.ts";
import { webhookProblem } from "./webhooks/problems.ts";
import { linkProblem } from "./customer-links/problems.ts";
import { checkProblem } from "./checks/problems.ts";
import { upgradeProblem } from "./upgrades/problems.ts";
import { problem } from "./platform/http/problems.ts";
import { auditResources } from "./audit/resources.ts";
import { auditSettings } from "./audit/settings.ts";
import { checkResources } from "./checks/resources.ts";
import { CHECK_EVENTS } from "./checks/signals.ts";
import { customerLinkSettings } from "./customer-links/settings.ts";
import { LINK_EVENTS } from "./customer-links/signals.ts";
import { docuwareSettings } from "./docuware/settings.ts";
import { freezeResources } from "./freezes/resources.ts";
import { incidentResources } from "./incidents/resources.ts";
import { INCIDENT_EVENTS } from "./incidents/signals.ts";
import { noticeResources } from "./notices/resources.ts";
import { NOTICE_EVENTS } from "./notices/signals.ts";
import { organisationResources } from "./organisations/resources.ts";
import type { Role } from "./platform/http/roles.ts";
import type { QueueResource, TableResource, TimerResource } from "./platform/resources.ts";
import { scheduleSettings } from "./platform/settings/schedules.ts";
import {
  namesIn,
  readSettings,
  settingsFromProcess,
  type Environment,
  type SettingsOf,
} from "./platform/settings/setting.ts";
import { ALLOW_LOCAL } from "./platform/settings/outbound.ts";
import { platformSettings } from "./platform/settings/settings.ts";
import { PLATFORM_EVENTS } from "./platform/signals.ts";
import type { Log } from "./platform/telemetry/log.ts";
import { upgradeResources } from "./upgrades/resources.ts";
import { upgradeSettings } from "./upgrades/settings.ts";
import { UPGRADE_EVENTS } from "./upgrades/signals.ts";
import { webhookResources } from "./webhooks/resources.ts";
import { webhookSettings } from "./webhooks/settings.ts";
import { WEBHOOK_EVENTS } from "./webhooks/signals.ts";

/** By folder, the lowest first: a capability may use those before it (scripts/layers.ts). */
const RESOURCES = {
  audit: auditResources,
  incidents: incidentResources,
  organisations: organisationResources,
  freezes: freezeResources,
  notices: noticeResources,
  webhooks: webhookResources,
  "customer-links": {},
  checks: checkResources,
  upgrades: upgradeResources,
};

export const CAPABILITIES: readonly string[] = Object.keys(RESOURCES);

const resources = Object.values(RESOURCES);
type Declaring<K extends string> = Extract<(typeof resources)[number], Readonly<Record<K, unknown>>>;

/** Functions that a timer or a message starts, by name. */
export type TimerName = Declaring<"timers">["timers"][number]["name"];
export type QueueFunctionName = Declaring<"queues">["queues"][number]["functionName"];

export const TABLES = resources.flatMap((one): readonly TableResource[] => ("tables" in one ? one.tables : []));
export const QUEUES = resources.flatMap(
  (one): readonly (QueueResource & { readonly functionName: QueueFunctionName })[] =>
    "queues" in one ? one.queues : [],
);
export const TIMERS = resources.flatMap((one): readonly (TimerResource & { readonly name: TimerName })[] =>
  "timers" in one ? one.timers : [],
);

export const ROLES = {
  ...organisationResources.roles,
  ...upgradeResources.roles,
  ...checkResources.roles,
  ...incidentResources.roles,
  ...auditResources.roles,
  // Given out already, for capabilities that are to come.
  "Usage.Read": "Read usage statistics.",
  "Usage.Write": "Deliver usage events.",
  "Administrators.Read": "Read maintenance administrators.",
  "Administrators.Write": "Change maintenance administrators.",
} as const;

export const isRole = (text: string): text is Role => Object.hasOwn(ROLES, text);

/** Every function that the app means to have; those that answer HTTP as `npm run contract` has found them. */
export const FUNCTIONS: readonly string[] = [
  ...QUEUES.map(({ functionName }) => functionName),
  ...TIMERS.map(({ name }) => name),
  ...routes.map(({ name }) => name),
];

/** Every event that the app may emit (docs/telemetry.md). */
export const EVENTS = {
  ...PLATFORM_EVENTS,
  ...INCIDENT_EVENTS,
  ...NOTICE_EVENTS,
  ...WEBHOOK_EVENTS,
  ...LINK_EVENTS,
  ...CHECK_EVENTS,
  ...UPGRADE_EVENTS,
};
export type AppLog = Log<typeof EVENTS>;

declare module "./platform/http/roles.ts" {
  interface Declared {
    readonly role: keyof typeof ROLES;
  }
}

const SETTINGS = {
  ...platformSettings,
  ...docuwareSettings,
  ...auditSettings,
  ...webhookSettings,
  ...customerLinkSettings,
  ...upgradeSettings,
  schedules: scheduleSettings(TIMERS),
};

export type Settings = SettingsOf<typeof SETTINGS>;

/** Every flat name that the app reads. */
export const SETTING_NAMES = [{ ...ALLOW_LOCAL, isNeeded: false }, ...namesIn(SETTINGS)];

/** Throws SettingsError, which names every bad key and shows no value. */
export const parseSettings = (environment: Environment): Settings => readSettings(SETTINGS, environment);

/** The settings of this process. */
export const processSettings = (): Settings => settingsFromProcess(SETTINGS);

/** Of every error that the API may answer. */
export const PROBLEM_CODES: readonly string[] = [
  problem,
  organisationProblem,
  incidentProblem,
  freezeProblem,
  noticeProblem,
  webhookProblem,
  linkProblem,
  checkProblem,
  upgradeProblem,
].flatMap(({ codes }) => codes);
