// ISO 8601 durations as Azure writes them (days and smaller; months and years have no fixed length).

const PATTERN = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const MS = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000 } as const;

/** Azure's way to say "never": the largest TimeSpan. Anything from here on is `Infinity`. */
const NEVER_DAYS = 10_675_199;

/** Milliseconds of a duration such as `PT1M`, `P14D` or `PT0.5S`; undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (match === null || text.endsWith("T") || text === "P") return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  if ((days ?? 0) >= NEVER_DAYS) return Number.POSITIVE_INFINITY;
  return (
    (days ?? 0) * MS.day + (hours ?? 0) * MS.hour + (minutes ?? 0) * MS.minute + Math.round((seconds ?? 0) * MS.second)
  );
}
