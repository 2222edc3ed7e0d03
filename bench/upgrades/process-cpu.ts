// CPU time of other processes, from Linux' /proc.
import { readFileSync } from "node:fs";

/** Linux counts in ticks of 10 ms for user space, whatever the kernel's own rate is. */
const TICK_MS = 10;

/** CPU milliseconds the process has used; NaN where there is no /proc. Throws when the process is gone. */
export function cpuMsOf(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
