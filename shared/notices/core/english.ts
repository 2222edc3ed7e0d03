// Notices in English.

import type { NoticeKind } from "./notice.ts";
import type { LetterTexts, Translation } from "./translation.ts";

const whatHappens = ({ offline }: LetterTexts): string =>
  `Between these times your DocuWare system will be offline once, ${offline === undefined ? "for a while" : `for about ${offline}`}: ` +
  "nobody can log in, and documents can neither be stored nor retrieved. Please ask your users to finish their work " +
  "before, and pause imports and interfaces. As soon as your system is online again we write to you.";
const SAFETY =
  "We check your system before it goes online again. If anything is not as it should be, we bring back the previous " +
  "version with all your data and inform you.";

const workOf = ({ isHotfix }: LetterTexts): string => (isHotfix ? "correction" : "update");
const AHEAD = { week: "in about a week", day: "in about a day", none: "at the time below" };

function openingOf(kind: NoticeKind, texts: LetterTexts): readonly string[] {
  switch (kind) {
    case "announcement":
      return [`we will update your DocuWare system to version ${texts.version}.`];
    case "hotfix":
      return [
        `we will install a necessary correction in your DocuWare system (version ${texts.version}).`,
        ["We usually announce such work four weeks ahead; this correction cannot wait that long.", texts.reason]
          .filter((part) => part !== undefined)
          .join(" "),
      ];
    case "reminder7":
    case "reminder1":
      return [
        `a reminder: ${AHEAD[texts.ahead ?? "none"]} we will update your DocuWare system to version ${texts.version}.`,
      ];
    case "change":
      return [
        `the update of your DocuWare system to version ${texts.version} has a new time. ` +
          "The time announced before no longer holds.",
      ];
    case "cancellation":
      return [
        `the ${workOf(texts)} of your DocuWare system ${texts.isHotfix ? `(version ${texts.version})` : `to version ${texts.version}`} is cancelled. ` +
          (texts.because === undefined
            ? "We leave your system as it is; you need not do anything."
            : "When we checked your system beforehand, we found that one of its basic functions is not working as it should. " +
              `Our support team has been informed and is looking into it. The ${workOf(texts)} will follow once the function is working properly again.`),
      ];
    case "completion":
      return [`the ${workOf(texts)} is complete: your DocuWare system is online and runs on version ${texts.version}.`];
    case "rollBack":
      return [
        `we could not complete the ${workOf(texts)} ${texts.isHotfix ? `(version ${texts.version})` : `to version ${texts.version}`}. ` +
          (texts.previousVersion === undefined
            ? "Your DocuWare system is online again, on the version you had before."
            : `Your DocuWare system is online again, on version ${texts.previousVersion} as before.`),
      ];
  }
}

function bodyOf(kind: NoticeKind, texts: LetterTexts, canReschedule: boolean, hasPhone: boolean): readonly string[] {
  switch (kind) {
    case "announcement":
    case "reminder7":
    case "reminder1":
    case "change":
      return [
        whatHappens(texts),
        SAFETY,
        canReschedule
          ? "Does the time not suit you? You can choose another one by the link below."
          : `This time can no longer be changed online. If it causes a serious problem, please ${hasPhone ? "call" : "write to"} our support.`,
      ];
    case "hotfix":
      return [
        whatHappens(texts),
        SAFETY,
        "The times are estimates, because systems are corrected one after the other: it may become later, but not earlier.",
        "This time cannot be changed online. If it causes a serious problem, please contact our support right away.",
      ];
    case "cancellation":
      return [
        "If we plan a new time, we will announce it to you separately. Please delete the entry in your calendar.",
      ];
    case "completion":
      return ["Please let us know if anything does not work as you are used to."];
    case "rollBack":
      return [
        `All your data is as it was before the ${workOf(texts)}. You need not do anything.`,
        "If we plan a new time, we will announce it to you separately. Sorry for the interruption.",
      ];
  }
}

export const english: Translation = {
  language: "en",
  weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
  months: "January February March April May June July August September October November December".split(" "),
  date: (day, month, year) => `${day} ${month} ${year}`,
  time: (clock) => clock,
  dateTime: (date, clock) => `${date}, ${clock}`,
  offsets: (before, after) => `${before}, and ${after} at the end because the clocks change`,
  duration: (hours, minutes) =>
    [count(hours, "hour"), count(minutes, "minute")].filter((part) => part !== "").join(" and ") || "1 minute",
  greeting: "Dear customer,",
  labels: {
    organisation: "System",
    start: "Between",
    end: "and",
    offline: "Offline about",
    zone: "Time zone",
    version: "New version",
    oldStart: "No longer",
    wasOffline: "Was offline",
  },
  rescheduleLink: "Choose another time",
  calendarLink: "Subscribe to your maintenance calendar",
  subject(kind, { date, version, isHotfix }) {
    const work = isHotfix ? "correction of DocuWare" : "DocuWare update";
    const what = isHotfix ? `${work} (${version})` : `${work} to ${version}`;
    switch (kind) {
      case "announcement":
        return `DocuWare update on ${date}`;
      case "hotfix":
        return `Necessary correction of DocuWare on ${date}`;
      case "reminder7":
      case "reminder1":
        return `Reminder: DocuWare update on ${date}`;
      case "change":
        return `New time: DocuWare update on ${date}`;
      case "cancellation":
        return `Cancelled: ${work} on ${date}`;
      case "completion":
        return `Complete: ${what}`;
      case "rollBack":
        return `Not completed: ${what}`;
    }
  },
  opening: openingOf,
  body: bodyOf,
  closing: ({ supportEmail, supportPhone }) => [
    `Questions? Our support is there around the clock: ${supportEmail}` +
      (supportPhone === undefined ? "." : `, ${supportPhone}.`),
    "Kind regards\nDocuWare Cloud Operations",
  ],
  calendarName: "DocuWare maintenance",
  eventSummary: ({ version, work }) =>
    `${work === "hotfix" ? `Correction of DocuWare (${version})` : `DocuWare update to ${version}`}: system offline for a time`,
  eventDescription: (texts, zone) =>
    `The DocuWare system of ${texts.organisationName} is updated to version ${texts.version}. Between ${texts.start} and ` +
    `${texts.end} it will be offline once, ${texts.offline === undefined ? "for a while" : `for about ${texts.offline}`}. ` +
    `Time zone ${zone}.`,
};

const count = (value: number, unit: string): string => (value === 0 ? "" : `${value} ${unit}${value === 1 ? "" : "s"}`);
