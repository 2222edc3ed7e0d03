// A part must not outlive the supervisor that started it, even when that was killed with SIGKILL.

const GRACE_MS = 5000;

/**
 * When this process was started by the supervisor (it has an IPC channel), ends it once that channel closes: first as
 * if by SIGTERM, after 5 seconds at once.
 */
export function endWithParent(): void {
  if (process.channel === undefined) return;
  // Nobody reads our output any more when the parent is gone; writing it must not be what kills us.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  process.once("disconnect", () => {
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    process.kill(process.pid, "SIGTERM");
  });
  // Watching alone must not keep a finished part alive.
  process.channel.unref();
}
