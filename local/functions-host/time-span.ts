// .NET TimeSpan texts, as host.json and timer schedules use them.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Milliseconds of `[d.]hh:mm:ss[.fffffff]`, or undefined when the text is none. As in .NET, three parts whose first is 24
 * or more are days, hours and minutes ("24:00:00" is 24 days).
 */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d{1,8})\.)?(\d{1,8}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/u.exec(text.trim());
  if (match === null) return undefined;
  const [, dayText, firstText, secondText, thirdText, fraction = ""] = match;
  const first = Number(firstText);
  const second = Number(secondText);
  const third = Number(thirdText);
  if (dayText === undefined && first > 23) {
    return second > 23 || third > 59 || fraction !== "" ? undefined : first * DAY + second * HOUR + third * MINUTE;
  }
  if (first > 23 || second > 59 || third > 59) return undefined;
  const parts = Number(dayText ?? 0) * DAY + first * HOUR + second * MINUTE + third * SECOND;
  return parts + Math.round(Number(`0.${fraction || "0"}`) * SECOND);
}

/** `hh:mm:ss` (with days and milliseconds where there are any) for log lines. */
export function formatTimeSpan(milliseconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const days = Math.floor(milliseconds / DAY);
  const rest = milliseconds % SECOND;
  const clock = `${two((milliseconds % DAY) / HOUR)}:${two((milliseconds % HOUR) / MINUTE)}:${two((milliseconds % MINUTE) / SECOND)}`;
  return `${days === 0 ? "" : `${days}.`}${clock}${rest === 0 ? "" : `.${String(Math.floor(rest)).padStart(3, "0")}`}`;
}
