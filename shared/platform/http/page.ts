// The frame of every page that people open in a browser: plain HTML, no script, nothing from elsewhere.
import { html, type Html, trustedHtml } from "./html.ts";
import { PAGE_STYLE } from "./page-style.ts";

export const PAGE_LANGUAGES = ["de", "en"] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

/** One language's part of a page; a page for somebody whose language is not known has one part per language. */
export interface PagePart {
  readonly language: PageLanguage;
  readonly title: string;
  readonly body: Html;
  /** Something was done successfully: the part is marked so. */
  readonly isDone?: boolean;
  /** Below the part, e.g. whom to ask. */
  readonly footer?: Html;
}

export interface PageFrame {
  readonly parts: readonly [PagePart, ...(readonly PagePart[])];
  /** Address of the same page in the other language; only with one part. */
  readonly otherLanguageHref?: string;
}

/** Whole, because a space more in it would be another hash. */
const STYLE = trustedHtml(`<style>${PAGE_STYLE}</style>`);

const LANGUAGE_NAMES: Readonly<Record<PageLanguage, string>> = { de: "Deutsch", en: "English" };

export const otherLanguage = (language: PageLanguage): PageLanguage => (language === "de" ? "en" : "de");

/** The whole document. It must be answered as text/html, which adds the policy that lets its style sheet count. */
export function page({ parts, otherLanguageHref }: PageFrame): string {
  const [first] = parts;
  const other = otherLanguage(first.language);
  const switchLink =
    otherLanguageHref === undefined
      ? undefined
      : html`<a href="${otherLanguageHref}" lang="${other}" hreflang="${other}">${LANGUAGE_NAMES[other]}</a>`;
  return html`<!doctype html>
    <html lang="${first.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${parts.map(({ title }) => title).join(" · ")} – DocuWare Cloud</title>
        ${STYLE}
      </head>
      <body>
        <header><span class="brand">DocuWare Cloud</span>${switchLink}</header>
        <main>${parts.map((part, at) => section(part, at === 0))}</main>
        ${parts.map(({ footer, language }) => (footer === undefined ? html`` : html`<footer lang="${language}">${footer}</footer> `))}
      </body>
    </html> `.toString();
}

/** The first part's title is the page's heading of the first level. */
const section = ({ language, title, body, isDone }: PagePart, isFirst: boolean): Html =>
  html`<section lang="${language}" class="${isDone === true ? "done" : "said"}">
    ${isFirst ? html`<h1>${title}</h1>` : html`<h2 class="title">${title}</h2>`} ${body}
  </section> `;
