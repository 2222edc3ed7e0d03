// The pid files of a stack: who runs here. They let a second stack on the same data refuse to start, and tests and
// people find a part's process.
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ClearError, errorCode } from "../support/clear-error.ts";
import { readTextIfPresent, writeFileAtomically } from "../support/files.ts";

/** Name of the supervisor's own pid file; no part may be called so. */
export const STACK = "stack";
const CLOCK_TICKS_PER_SECOND = 100;
/** Parts of a stack that was killed end by themselves within this time. */
const LEFTOVER_MS = 15_000;

export interface RunFiles {
  write(part: string, pid: number): void;
  remove(part: string): void;
  /** Gives the place free for the next stack. */
  release(): void;
}

/**
 * Claims the folder `<dataDir>/run` for this process, waiting for the parts of a killed earlier stack to end.
 * @throws ClearError when an earlier stack or one of its parts is alive.
 */
export async function claimRun(dataDir: string): Promise<RunFiles> {
  const folder = join(dataDir, "run");
  mkdirSync(folder, { recursive: true });
  const path = (part: string): string => join(folder, `${part}.pid`);
  claim(path(STACK), dataDir);
  const files: RunFiles = {
    write: (part, pid) => writeFileAtomically(path(part), `${pid}\n`),
    remove: (part) => rmSync(path(part), { force: true }),
    release: () => rmSync(path(STACK), { force: true }),
  };
  try {
    await waitForLeftovers(folder);
  } catch (error) {
    files.release();
    throw error;
  }
  return files;
}

function claim(path: string, dataDir: string): void {
  const living = livingPid(path);
  if (living !== undefined && living !== process.pid) {
    throw new ClearError(
      `A stack is already running on ${dataDir} (pid ${living}). End it with Ctrl-C or \`kill ${living}\`, or choose another folder with --data.`,
    );
  }
  rmSync(path, { force: true });
  try {
    // Exclusive: of two stacks that start at the same moment only one gets the file.
    const file = openSync(path, "wx");
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    throw new ClearError(
      `Another stack is starting on ${dataDir} at this moment. Wait for it or choose another folder with --data.`,
    );
  }
}

async function waitForLeftovers(folder: string): Promise<void> {
  const end = Date.now() + LEFTOVER_MS;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".pid") || name === `${STACK}.pid`) continue;
    const path = join(folder, name);
    let pid = livingPid(path);
    while (pid !== undefined && Date.now() < end) {
      await delay(50);
      pid = livingPid(path);
    }
    const part = name.replace(/\.pid$/u, "");
    if (pid !== undefined) {
      throw new ClearError(
        `${part} of an earlier stack is still running (pid ${pid}). End it with \`kill ${pid}\` and start again.`,
      );
    }
    rmSync(path, { force: true });
  }
}

/** The process named in a pid file, when it is alive and not another one that got the same number later. */
function livingPid(path: string): number | undefined {
  const pid = Number(readTextIfPresent(path)?.trim());
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  const seen = inspect(pid);
  if (seen === undefined) return pid;
  const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  // The file was written after its process began; a process that began later is a stranger with the same number.
  const isStranger = writtenAt !== undefined && seen.startedAt > writtenAt + 2000;
  return seen.isZombie || isStranger ? undefined : pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/**
 * When a process began (milliseconds since the epoch) and whether it is dead but not yet collected by its parent, which
 * a container without an init process may never do. Undefined where the system does not tell (not Linux).
 */
function inspect(pid: number): { readonly startedAt: number; readonly isZombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; the state comes after it, the start (field 22) is the 20th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const bootSeconds = Number(/^btime (\d+)$/mu.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    const startedAt = (bootSeconds + Number(fields[19]) / CLOCK_TICKS_PER_SECOND) * 1000;
    return Number.isFinite(startedAt) ? { startedAt, isZombie: fields[0] === "Z" } : undefined;
  } catch {
    return undefined;
  }
}
