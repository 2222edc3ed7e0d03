// Calendar texts read by ical.js, which shares no code with what wrote them.

import ICAL from "ical.js";

export interface ReadEvent {
  readonly uid: string;
  readonly sequence: number;
  readonly status: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
}

export function readCalendarText(text: string): { readonly method: string; readonly events: readonly ReadEvent[] } {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const zones = calendar.getAllSubcomponents("vtimezone").map((zone) => new ICAL.Timezone(zone));
  const events = calendar.getAllSubcomponents("vevent").map((component): ReadEvent => {
    const event = new ICAL.Event(component);
    const { uid, sequence, startDate } = event;
    const zone = zones.find(({ tzid }) => tzid === startDate.zone?.tzid);
    if (zone !== undefined) startDate.zone = zone;
    const status = String(component.getFirstPropertyValue("status"));
    return { uid, sequence, status, start: startDate.toUnixTime() * 1000 };
  });
  return { method: String(calendar.getFirstPropertyValue("method")), events };
}
