// `npm run contract`: writes what follows from the declarations of the capabilities (shared/capabilities.ts) for readers
// that are no TypeScript. A unit test says when a file is stale.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { QUEUES, ROLES, SETTING_NAMES, TABLES, TIMERS } from "../shared/capabilities.ts";
import { HOST_SETTINGS } from "../shared/platform/settings/settings.ts";
import { azureQueue } from "../shared/platform/resources.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Path from the root of the project -> text. */
export async function contractFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["infra/contract/app.json", json(forBicep())],
    ["infra/contract/routes.json", json(await routes())],
    ["local.settings.sample.json", json({ IsEncrypted: false, Values: valuesOf("local") })],
    ["docs/settings.md", settingsPage()],
  ]);
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const forBicep = () => ({
  tables: TABLES.map(({ name }) => name),
  queues: QUEUES.map(azureQueue),
  settings: {
    fixed: valuesOf("azure"),
    secrets: SETTING_NAMES.filter(({ isSecret }) => isSecret).map(({ name }) => name),
  },
});

/** The endpoints: by this functions/main.ts tells the host of them before it has loaded one. */
async function routes() {
  Object.assign(process.env, valuesOf("local"));
  const { registrations } = await import("../functions/index.ts");
  return [...registrations.http].map(([name, { methods, route }]) => ({ name, methods, route }));
}

const valuesOf = (where: "azure" | "local"): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...HOST_SETTINGS, ...SETTING_NAMES].flatMap(({ name, [where]: value }) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);

const settings = (isNeeded: boolean): string => {
  const names = SETTING_NAMES.filter((one) => one.isNeeded === isNeeded);
  return isNeeded
    ? table(
        ["setting", "what"],
        names.map(({ name, about, isSecret }) => [code(name), isSecret ? `${about} Secret.` : about]),
      )
    : table(
        ["setting", "standard", "what"],
        names.map(({ name, standard, about }) => [code(name), code(standard), about]),
      );
};

const settingsPage = (): string => `# Settings, tables, queues, timers, roles

Written by \`npm run contract\` from what the capabilities declare (\`settings.ts\`, \`resources.ts\`).

The app reads its settings once, at the start. A missing or wrong one stops the start, and the message names every bad key
and shows no value. \`local.settings.sample.json\` has those of a developer's machine. What an operator sets for a deployment
are [variables](deployment.md#variables); the template derives the rest. Times are in seconds, fractions allowed.
Telemetry has settings of its own ([telemetry.md](telemetry.md#settings)).

## Must be set
Where two are alternatives (a connection string or access by identity, a client or a user), one of them.

${settings(true)}

## May be set
${settings(false)}

## Tables
${table(
  ["name", "holds"],
  TABLES.map(({ name, purpose }) => [code(name), purpose]),
)}

## Queues
${table(
  ["name", "read by", "holds"],
  QUEUES.map(({ name, functionName, purpose }) => [code(name), code(functionName), purpose]),
)}

## Timers
${table(
  ["name", "schedule", "does"],
  TIMERS.map(({ name, schedule, purpose }) => [code(name), code(schedule), purpose]),
)}

## App roles
${table(
  ["role", "allows"],
  Object.entries(ROLES).map(([name, about]) => [code(name), about]),
)}
`;

/** The files that are not as they should be. */
export const staleFiles = async (): Promise<readonly string[]> =>
  [...(await contractFiles())].flatMap(([path, text]) =>
    readFileSync(join(ROOT, path), "utf8") === text ? [] : [path],
  );

if (import.meta.main) {
  for (const [path, text] of await contractFiles()) writeFileSync(join(ROOT, path), text);
  // Parts of the app wait for what never comes.
  process.exit(0);
}
