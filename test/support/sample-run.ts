// Runs `npm start` or `npm run local` as a user would, on ports of its own, and lets a test look at it and hurt it.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const organisationRow = z.object({
  organisationId: z.string(),
  outcome: z.string(),
  fromVersion: z.string(),
  toVersion: z.string(),
  offlineSeconds: z.number(),
  online: z.boolean(),
});

const reportSchema = z.strictObject({
  campaign: z.strictObject({ campaignId: z.string(), version: z.string(), seconds: z.number() }),
  organisations: z.array(organisationRow),
  upgrade: z.strictObject({ campaignId: z.string(), version: z.string() }),
  upgraded: z.array(organisationRow),
  announcing: z.strictObject({
    campaignId: z.string(),
    version: z.string(),
    state: z.string(),
    notices: z.array(
      z.strictObject({
        organisationId: z.string(),
        start: z.string(),
        zone: z.string(),
        status: z.string(),
        calendar: z.boolean(),
      }),
    ),
  }),
  functionalChecks: z.strictObject({
    passed: z.number(),
    failed: z.number(),
    notRun: z.number(),
    medianMs: z.number(),
  }),
  mails: z.array(
    z.strictObject({
      campaignId: z.string(),
      told: z.number(),
      failed: z.number(),
      withdrawn: z.number(),
      toBeSent: z.strictObject({ due: z.number(), later: z.number() }),
      missing: z.array(z.string()),
    }),
  ),
  messagesDeadLettered: z.number(),
  controlPlane: z.strictObject({ applied: z.number(), appliedTwice: z.number() }),
});
export type SampleReport = z.infer<typeof reportSchema>;

/** Ports that no other test and no stack of the developer uses: each run of this file's users has a block of its own. */
export function portsFrom(base: number): Record<string, string> {
  const names = [
    "FUNCTIONS",
    "BLOB",
    "QUEUE",
    "TABLE",
    "AMQP",
    "BUS_MANAGEMENT",
    "IDENTITY",
    "CONTROL_PLANE",
    "MAIL",
    "TOKENS",
    "API_PAGE",
    "ORGANISATIONS",
  ];
  return Object.fromEntries(names.map((name, index) => [`LOCAL_${name}_PORT`, String(base + index)]));
}

export interface SampleRun {
  /** Everything printed so far. */
  readonly output: () => string;
  /** Resolves when the output contains the text. */
  readonly printed: (text: RegExp) => Promise<void>;
  /** Sends SIGKILL to a part of the stack, as soon as it runs. */
  readonly kill: (part: string) => Promise<void>;
  /** Sends another signal to it, e.g. SIGSTOP. */
  readonly signal: (part: string, signal: NodeJS.Signals) => void;
  readonly ended: Promise<{ readonly code: number | null; readonly report: SampleReport | undefined }>;
  readonly stop: () => void;
}

/** `npm start -- ...args` */
export const startSample = (args: readonly string[], ports: Record<string, string>): SampleRun =>
  startScript("local/start.ts", args, ports);

/**
 * `npm run local`: the stack without a campaign, until it is stopped. Resolves when everything is usable. `settings`:
 * app settings that the local ones leave at their standard, e.g. CAMPAIGN_TICK_SECONDS.
 */
export async function startLocal(
  ports: Record<string, string>,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<SampleRun> {
  const run = startScript("local/main.ts", args, { ...settings, ...ports });
  await run.printed(/Everything is running/u);
  return run;
}

/** What the app complained of last: its log goes with the data. */
function troubleIn(log: string): string {
  if (!existsSync(log)) return "";
  const lines = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => / error |dead/iu.test(line));
  return `\n${log}, its last errors:\n${lines
    .slice(-20)
    .map((line) => line.slice(0, 600))
    .join("\n")}`;
}

function startScript(script: string, args: readonly string[], ports: Record<string, string>): SampleRun {
  const data = mkdtempSync(join(tmpdir(), "sample-run-"));
  const root = resolve(import.meta.dirname, "../..");
  const child = spawn(process.execPath, [script, "--data", data, ...args], {
    cwd: root,
    env: { ...process.env, ...ports },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<{ code: number | null; report: SampleReport | undefined }>((done) => {
    child.on("close", (code) => {
      const last = text.trimEnd().split("\n").at(-1) ?? "";
      if (code !== 0) text += troubleIn(join(data, "logs", "functions.log"));
      rmSync(data, { recursive: true, force: true });
      done({ code, report: last.startsWith("{") ? reportSchema.parse(JSON.parse(last)) : undefined });
    });
  });
  const printed = (wanted: RegExp): Promise<void> =>
    new Promise((found, failed) => {
      const look = (): void => {
        if (!wanted.test(text)) return;
        waiting.delete(look);
        found();
      };
      waiting.add(look);
      void ended.then(() => failed(new Error(`It ended without printing ${wanted}:\n${text.slice(-2000)}`)));
      look();
    });
  const signal = (part: string, name: NodeJS.Signals): void => {
    process.kill(Number(readFileSync(join(data, "run", `${part}.pid`), "utf8")), name);
  };
  const kill = async (part: string): Promise<void> => {
    signal(part, "SIGKILL");
    await printed(new RegExp(`${part} is down`, "u"));
  };
  return { output: () => text, printed, kill, signal, ended, stop: () => void child.kill("SIGTERM") };
}
