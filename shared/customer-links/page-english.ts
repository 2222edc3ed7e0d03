// The customer's pages in English.

import { english } from "../notices/core/english.ts";
import type { PageTranslation } from "./page-translation.ts";

export const englishPage: PageTranslation = {
  notice: english,
  choose: (organisationName, version) =>
    `Here you decide when we update the DocuWare system of ${organisationName} to version ${version}. ` +
    "Within that time the system is offline once, for a while.",
  currentHeading: "Your present appointment",
  keep: "If this time suits you, you need not do anything.",
  legend: "Your new appointment",
  hint: (zone) =>
    zone === undefined
      ? "All times are local times of your system. Because the clocks change, each names its offset from UTC."
      : `All times in the time zone ${zone}.`,
  until: (end) => `until ${end}`,
  confirm: "Confirm this time",
  nothingChosen: "Please choose one of the times first.",
  noOptions:
    "At the moment we cannot offer you another time. If the present one causes a serious problem, please contact our support.",
  done: {
    title: "Your new appointment is fixed",
    text:
      "The time before no longer holds. You will get a mail about it with a calendar entry. " +
      "To change the time once more, please use the link in that new mail.",
  },
  refusals: {
    linkExpired: {
      title: "This link has expired",
      text: "A time can be changed online until 24 hours before it begins. The time in our latest mail holds.",
    },
    linkInvalid: {
      title: "This link is not valid",
      text: "It may have been cut off or altered when it was copied. Please open it again from our latest mail.",
    },
    linkForOther: {
      title: "This link is for something else",
      text: "No time can be chosen with it. Please use the link “Choose another time” in our mail.",
    },
    linkUsed: {
      title: "This link no longer holds",
      text: "The appointment has changed since we sent you this link. Please use the link in our latest mail.",
    },
    started: {
      title: "The update is already running",
      text: "Its time can no longer be changed. As soon as your system is online again we write to you.",
    },
    ended: {
      title: "There is nothing left to change",
      text: "This update is complete or cancelled. What holds stands in our latest mail.",
    },
    notOffered: {
      title: "This time is no longer free",
      text: "It is not offered any more. Nothing was changed: your present appointment still holds.",
    },
    changedMeanwhile: {
      title: "Please try once more",
      text: "At the same moment something else was changed about this appointment. Your choice was not taken.",
    },
    unknown: {
      title: "We do not know this appointment",
      text: "The update that this link belongs to no longer exists. What holds stands in our latest mail.",
    },
  },
  again: "Show the free times",
  support: "Questions? Our support is there around the clock:",
};
