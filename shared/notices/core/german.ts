// Notices in German.

import type { NoticeKind } from "./notice.ts";
import type { LetterTexts, Translation } from "./translation.ts";

const whatHappens = ({ offline }: LetterTexts): string =>
  `In diesem Zeitraum ist Ihr DocuWare-System einmal offline, ${offline === undefined ? "für eine Weile" : `etwa ${offline}`}: ` +
  "Niemand kann sich anmelden, Dokumente können weder abgelegt noch abgerufen werden. Bitte lassen Sie Ihre Benutzer " +
  "ihre Arbeit vorher abschließen und halten Sie Importe und Schnittstellen an. Sobald Ihr System wieder online ist, " +
  "schreiben wir Ihnen.";
const SAFETY =
  "Wir prüfen Ihr System, bevor es wieder online geht. Ist etwas nicht, wie es sein soll, stellen wir die bisherige " +
  "Version mit allen Ihren Daten wieder her und informieren Sie.";

const workOf = ({ isHotfix }: LetterTexts): string => (isHotfix ? "Korrektur" : "Aktualisierung");
const AHEAD = { week: "In etwa einer Woche", day: "In etwa einem Tag", none: "Zum unten genannten Termin" };

function openingOf(kind: NoticeKind, texts: LetterTexts): readonly string[] {
  switch (kind) {
    case "announcement":
      return [`wir aktualisieren Ihr DocuWare-System auf die Version ${texts.version}.`];
    case "hotfix":
      return [
        `wir installieren eine notwendige Korrektur in Ihrem DocuWare-System (Version ${texts.version}).`,
        [
          "Üblicherweise kündigen wir solche Arbeiten vier Wochen vorher an; diese Korrektur kann nicht so lange warten.",
          texts.reason,
        ]
          .filter((part) => part !== undefined)
          .join(" "),
      ];
    case "reminder7":
    case "reminder1":
      return [
        `wir möchten Sie erinnern: ${AHEAD[texts.ahead ?? "none"]} aktualisieren wir Ihr DocuWare-System auf die Version ${texts.version}.`,
      ];
    case "change":
      return [
        `die Aktualisierung Ihres DocuWare-Systems auf die Version ${texts.version} hat einen neuen Termin. ` +
          "Der zuvor angekündigte Termin gilt nicht mehr.",
      ];
    case "cancellation":
      return [
        `die ${workOf(texts)} Ihres DocuWare-Systems ${texts.isHotfix ? `(Version ${texts.version})` : `auf die Version ${texts.version}`} ist abgesagt. ` +
          (texts.because === undefined
            ? "Wir lassen Ihr System, wie es ist; Sie müssen nichts tun."
            : "Bei der Prüfung vorab haben wir festgestellt, dass eine grundlegende Funktion Ihres Systems nicht so arbeitet, wie sie soll. " +
              `Unser Support ist informiert und geht der Ursache nach. Die ${workOf(texts)} holen wir nach, sobald die Funktion wieder einwandfrei arbeitet.`),
      ];
    case "completion":
      return [
        `die ${workOf(texts)} ist abgeschlossen: Ihr DocuWare-System ist online und läuft mit der Version ${texts.version}.`,
      ];
    case "rollBack":
      return [
        `wir konnten die ${workOf(texts)} ${texts.isHotfix ? `(Version ${texts.version})` : `auf die Version ${texts.version}`} nicht abschließen. ` +
          (texts.previousVersion === undefined
            ? "Ihr DocuWare-System ist wieder online, mit der bisherigen Version."
            : `Ihr DocuWare-System ist wieder online, wie bisher mit der Version ${texts.previousVersion}.`),
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
          ? "Passt Ihnen der Termin nicht? Über den Link unten können Sie einen anderen wählen."
          : `Dieser Termin lässt sich online nicht mehr ändern. Bereitet er Ihnen ernste Schwierigkeiten, ${hasPhone ? "rufen Sie bitte unseren Support an" : "schreiben Sie bitte unserem Support"}.`,
      ];
    case "hotfix":
      return [
        whatHappens(texts),
        SAFETY,
        "Die Zeiten sind geschätzt, weil die Systeme nacheinander an die Reihe kommen: Es kann später werden, aber nicht früher.",
        "Dieser Termin lässt sich online nicht ändern. Bereitet er Ihnen ernste Schwierigkeiten, wenden Sie sich bitte gleich an unseren Support.",
      ];
    case "cancellation":
      return [
        "Planen wir einen neuen Termin, kündigen wir ihn gesondert an. Bitte löschen Sie den Eintrag in Ihrem Kalender.",
      ];
    case "completion":
      return ["Bitte sagen Sie uns Bescheid, wenn etwas nicht wie gewohnt funktioniert."];
    case "rollBack":
      return [
        `Alle Ihre Daten sind auf dem Stand vor der ${workOf(texts)}. Sie müssen nichts tun.`,
        "Planen wir einen neuen Termin, kündigen wir ihn gesondert an. Bitte entschuldigen Sie die Unterbrechung.",
      ];
  }
}

export const german: Translation = {
  language: "de",
  weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
  months: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(" "),
  date: (day, month, year) => `${day}. ${month} ${year}`,
  time: (clock) => `${clock} Uhr`,
  dateTime: (date, clock) => `${date}, ${clock} Uhr`,
  offsets: (before, after) => `${before}, am Ende ${after}, weil die Uhren umgestellt werden`,
  duration: (hours, minutes) =>
    [count(hours, "Stunde", "Stunden"), count(minutes, "Minute", "Minuten")]
      .filter((part) => part !== "")
      .join(" und ") || "1 Minute",
  greeting: "Guten Tag,",
  labels: {
    organisation: "System",
    start: "Zwischen",
    end: "und",
    offline: "Offline etwa",
    zone: "Zeitzone",
    version: "Neue Version",
    oldStart: "Gilt nicht mehr",
    wasOffline: "War offline",
  },
  rescheduleLink: "Anderen Termin wählen",
  calendarLink: "Ihren Wartungskalender abonnieren",
  subject(kind, { date, version, isHotfix }) {
    const work = isHotfix ? "DocuWare-Korrektur" : "DocuWare-Update";
    const what = isHotfix ? `${work} ${version}` : `${work} auf ${version}`;
    switch (kind) {
      case "announcement":
        return `DocuWare-Update am ${date}`;
      case "hotfix":
        return `Notwendige DocuWare-Korrektur am ${date}`;
      case "reminder7":
      case "reminder1":
        return `Erinnerung: DocuWare-Update am ${date}`;
      case "change":
        return `Neuer Termin: DocuWare-Update am ${date}`;
      case "cancellation":
        return `Abgesagt: ${work} am ${date}`;
      case "completion":
        return `Abgeschlossen: ${what}`;
      case "rollBack":
        return `Nicht abgeschlossen: ${what}`;
    }
  },
  opening: openingOf,
  body: bodyOf,
  closing: ({ supportEmail, supportPhone }) => [
    `Fragen? Unser Support ist rund um die Uhr für Sie da: ${supportEmail}` +
      (supportPhone === undefined ? "." : `, ${supportPhone}.`),
    "Mit freundlichen Grüßen\nDocuWare Cloud Operations",
  ],
  calendarName: "DocuWare-Wartung",
  eventSummary: ({ version, work }) =>
    `${work === "hotfix" ? `DocuWare-Korrektur ${version}` : `DocuWare-Update auf ${version}`}: System zeitweise offline`,
  eventDescription: (texts, zone) =>
    `Das DocuWare-System von ${texts.organisationName} wird auf die Version ${texts.version} aktualisiert. Zwischen ` +
    `${texts.start} und ${texts.end} ist es einmal offline, ${texts.offline === undefined ? "für eine Weile" : `etwa ${texts.offline}`}. ` +
    `Zeitzone ${zone}.`,
};

const count = (value: number, one: string, many: string): string =>
  value === 0 ? "" : `${value} ${value === 1 ? one : many}`;
