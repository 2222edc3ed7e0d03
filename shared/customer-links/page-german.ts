// The customer's pages in German.

import { german } from "../notices/core/german.ts";
import type { PageTranslation } from "./page-translation.ts";

export const germanPage: PageTranslation = {
  notice: german,
  choose: (organisationName, version) =>
    `Hier legen Sie fest, wann wir das DocuWare-System von ${organisationName} auf die Version ${version} aktualisieren. ` +
    "In diesem Zeitraum ist das System einmal für eine Weile offline.",
  currentHeading: "Ihr jetziger Termin",
  keep: "Passt Ihnen dieser Termin, müssen Sie nichts tun.",
  legend: "Ihr neuer Termin",
  hint: (zone) =>
    zone === undefined
      ? "Alle Zeiten sind Ortszeiten Ihres Systems. Weil die Uhren umgestellt werden, steht die Abweichung von UTC dabei."
      : `Alle Zeiten in der Zeitzone ${zone}.`,
  until: (end) => `bis ${end}`,
  confirm: "Termin verbindlich wählen",
  nothingChosen: "Bitte wählen Sie zuerst einen der Termine aus.",
  noOptions:
    "Im Moment können wir Ihnen keinen anderen Termin anbieten. Bereitet Ihnen der jetzige Termin ernste Schwierigkeiten, " +
    "wenden Sie sich bitte an unseren Support.",
  done: {
    title: "Ihr neuer Termin steht fest",
    text:
      "Der bisherige Termin gilt nicht mehr. Sie bekommen dazu eine E-Mail mit einem Kalendereintrag. " +
      "Möchten Sie den Termin noch einmal ändern, nehmen Sie bitte den Link in dieser neuen E-Mail.",
  },
  refusals: {
    linkExpired: {
      title: "Dieser Link ist abgelaufen",
      text: "Ein Termin lässt sich bis 24 Stunden vor seinem Beginn online ändern. Es bleibt bei dem Termin in unserer letzten E-Mail.",
    },
    linkInvalid: {
      title: "Dieser Link ist nicht gültig",
      text: "Vielleicht wurde er beim Kopieren abgeschnitten oder verändert. Bitte öffnen Sie ihn noch einmal aus unserer letzten E-Mail.",
    },
    linkForOther: {
      title: "Dieser Link gehört zu etwas anderem",
      text: "Mit ihm lässt sich kein Termin wählen. Bitte nehmen Sie aus unserer E-Mail den Link „Anderen Termin wählen“.",
    },
    linkUsed: {
      title: "Dieser Link gilt nicht mehr",
      text: "Der Termin hat sich geändert, seit wir Ihnen diesen Link geschickt haben. Bitte nehmen Sie den Link in unserer neuesten E-Mail.",
    },
    started: {
      title: "Die Aktualisierung läuft bereits",
      text: "Der Termin lässt sich nicht mehr ändern. Sobald Ihr System wieder online ist, schreiben wir Ihnen.",
    },
    ended: {
      title: "Hier gibt es nichts mehr zu ändern",
      text: "Diese Aktualisierung ist abgeschlossen oder abgesagt. Was gilt, steht in unserer letzten E-Mail.",
    },
    notOffered: {
      title: "Dieser Termin ist nicht mehr frei",
      text: "Er wird inzwischen nicht mehr angeboten. Es wurde nichts geändert: Ihr jetziger Termin gilt weiter.",
    },
    changedMeanwhile: {
      title: "Bitte versuchen Sie es noch einmal",
      text: "Im selben Augenblick wurde an diesem Termin etwas anderes geändert. Ihre Wahl wurde nicht übernommen.",
    },
    unknown: {
      title: "Diesen Termin kennen wir nicht",
      text: "Die Aktualisierung, zu der dieser Link gehört, gibt es nicht mehr. Was gilt, steht in unserer letzten E-Mail.",
    },
  },
  again: "Zu den freien Terminen",
  support: "Fragen? Unser Support ist rund um die Uhr für Sie da:",
};
