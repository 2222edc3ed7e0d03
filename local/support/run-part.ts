// How a local part lives: one line when it is ready, then until Ctrl-C or SIGTERM, then a bounded stop.

const STOP_MS = 5000;

/**
 * Says that the part is ready, waits for SIGINT or SIGTERM, then stops it. A part that does not stop within 5 seconds, or a second signal,
 * ends the process at once.
 */
export async function untilStopped(ready: string, stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    // Only now: whoever reads it may send the signal at once.
    console.log(ready);
  });
  const giveUp = (): void => process.exit(1);
  process.once("SIGINT", giveUp);
  process.once("SIGTERM", giveUp);
  const bound = setTimeout(giveUp, STOP_MS);
  await stop();
  clearTimeout(bound);
}
