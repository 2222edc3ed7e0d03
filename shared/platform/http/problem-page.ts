// Problems of endpoints that people open in a browser: a page instead of problem details, in their language or in both.
import { html, type Html } from "./html.ts";
import { page, type PageLanguage, type PagePart } from "./page.ts";
import type { Problem } from "./problems.ts";

interface Translation {
  readonly title: string;
  readonly text: string;
}

const RETRY: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Das geht im Moment nicht",
    text: "Bitte versuchen Sie es in einigen Minuten noch einmal. Die Seite zeigt Ihnen dann, was gilt.",
  },
  en: {
    title: "This is not possible at the moment",
    text: "Please try again in a few minutes. The page then shows you what holds.",
  },
};
const FAILED: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Es ist ein Fehler aufgetreten",
    text: "Bitte versuchen Sie es noch einmal. Bleibt es dabei, nennen Sie unserem Support bitte die Kennung unten.",
  },
  en: {
    title: "Something went wrong",
    text: "Please try again. If it stays like this, please tell our support the reference below.",
  },
};
const NOT_UNDERSTOOD: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Diese Anfrage verstehen wir nicht",
    text: "Bitte öffnen Sie die Seite noch einmal über den Link in unserer E-Mail und senden Sie das Formular von dort ab.",
  },
  en: {
    title: "We do not understand this request",
    text: "Please open the page again by the link in our mail, and send the form from there.",
  },
};
const REFERENCE: Readonly<Record<PageLanguage, string>> = { de: "Kennung", en: "Reference" };

const translationOf = (code: string): Readonly<Record<PageLanguage, Translation>> => {
  if (code === "unavailable" || code === "clockOff" || code === "tooManyRequests") return RETRY;
  return code === "internalError" ? FAILED : NOT_UNDERSTOOD;
};

/** `language`: what the request asked for; both languages when absent. Shows nothing of the problem's detail. */
export function problemPage({ code }: Problem, traceId: string, language?: PageLanguage): string {
  const words = translationOf(code);
  const part = (of: PageLanguage): PagePart => ({
    language: of,
    title: words[of].title,
    body: bodyOf(words[of], of, traceId),
  });
  return page({ parts: language === undefined ? [part("de"), part("en")] : [part(language)] });
}

const bodyOf = ({ text }: Translation, language: PageLanguage, traceId: string): Html =>
  html`<p>${text}</p>
    <p class="hint">${REFERENCE[language]}: ${traceId}</p>`;
