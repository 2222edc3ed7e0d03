// A part's log file: bounded in size (the file and one older generation), with its last lines at hand for messages.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const KEPT_LINES = 5;
const MAX_LINE = 300;
/** A part that never ends a line must not fill the memory. */
const MAX_PENDING = 65_536;

export interface RotatingLog {
  readonly path: string;
  /** Appends bytes as they came and reports each line that they complete. */
  write(chunk: Buffer, onLine: (line: string) => void): void;
  /** The last lines, shortened, oldest first. */
  lastLines(): readonly string[];
  /** Forgets the last lines: a new run of the part begins. */
  beginRun(): void;
  close(): void;
}

/** @param maxBytes size at which the file moves to `<path>.1` and a new one begins. */
export function openLog(path: string, maxBytes = 5 * 1024 * 1024): RotatingLog {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, "a");
  let size = fstatSync(file).size;
  let pending = "";
  let last: readonly string[] = [];
  const rotate = (): void => {
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, "a");
    size = 0;
  };
  return {
    path,
    write(chunk, onLine) {
      if (size > 0 && size + chunk.length > maxBytes) rotate();
      writeSync(file, chunk);
      size += chunk.length;
      const lines = (pending + chunk.toString("utf8")).split("\n");
      pending = (lines.pop() ?? "").slice(-MAX_PENDING);
      for (const line of lines) onLine(line);
      last = [...last, ...lines.filter((line) => line.trim() !== "").map((line) => line.slice(0, MAX_LINE))].slice(
        -KEPT_LINES,
      );
    },
    lastLines: () => (pending.trim() === "" ? last : [...last, pending.slice(0, MAX_LINE)].slice(-KEPT_LINES)),
    beginRun() {
      last = [];
      pending = "";
    },
    close: () => closeSync(file),
  };
}
