// What happens to the parts, as lines for the terminal.
import type { StackEvent } from "./part.ts";

/** One line, or undefined for what nobody needs to read (an end that was asked for). */
export function describeEvent(event: StackEvent): string | undefined {
  switch (event.kind) {
    case "starting":
      return undefined;
    case "ready":
      return `${event.part} ready in ${(event.afterMs / 1000).toFixed(1)} s (pid ${event.pid ?? "unknown"})`;
    case "exited":
      return event.expected ? undefined : `${event.part} is down: ${event.reason}`;
    case "restarting":
      return `${event.part} starts again in ${event.inMs / 1000} s`;
  }
}
