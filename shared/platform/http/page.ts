// The frame of every page that people open in a browser: plain HTML, no script, nothing from elsewhere.

import { html, type Html, trustedHtml } from "./html.ts";
import { createHash } from "node:crypto";

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

interface PageFrame {
  readonly parts: readonly [PagePart, ...(readonly PagePart[])];
  /** Address of the same page in the other language; only with one part. */
  readonly otherLanguageHref?: string;
}

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

// The one style sheet of all pages that people open in a browser. It stands in each page, which loads nothing: calm,
// readable from 320 px, light and dark, at any text size, and in forced colours.

export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#eef2f6;--card:#fff;--text:#1a2733;--soft:#4c5c6b;--line:#cbd5df;--field:#76889a;
--accent:#005a9e;--hover:#00487e;--on-accent:#fff;--tint:#eaf3fb;--mark:#1f7a45;--alert:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#0f151b;--card:#18212a;--text:#e9eef3;--soft:#adbac7;--line:#33414e;
--field:#7d8fa0;--accent:#84c1f2;--hover:#a9d5f8;--on-accent:#0b1926;--tint:#1c3044;--mark:#7fd0a0;--alert:#ff9d93}}
*{box-sizing:border-box}
body{margin:0;padding-bottom:2rem;background:var(--page);color:var(--text);overflow-wrap:break-word;
font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:42rem;margin:0 auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;align-items:center;padding-top:1.25rem;
padding-bottom:1.25rem}
.brand{font-weight:600;letter-spacing:.01em}
section{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:clamp(1.25rem,5vw,2.25rem);
margin-bottom:1rem}
h1,h2,legend{line-height:1.25;text-wrap:balance}
h1,.title{font-size:clamp(1.5rem,6vw,1.9rem);font-weight:650;margin:0 0 1rem}
h2{font-size:1.15rem;margin:2rem 0 .75rem}
p{margin:0 0 1rem;text-wrap:pretty}
section>:last-child,form>:last-child{margin-bottom:0}
a{color:var(--accent);text-underline-offset:.15em}
a:hover{color:var(--hover)}
dl{display:grid;grid-template-columns:fit-content(9rem) 1fr;gap:.35rem 1.25rem;margin:0 0 1rem}
dt{color:var(--soft)}
dd{margin:0;font-weight:600;min-width:0}
fieldset{border:0;padding:0;margin:2rem 0 1.25rem;min-width:0}
legend{padding:0;font-size:1.15rem;font-weight:650;margin-bottom:.25rem}
.alert{border-left:.3rem solid var(--alert);padding:.1rem 0 .1rem .8rem;font-weight:600;margin:.75rem 0}
.hint{color:var(--soft);font-size:.95rem;margin:0 0 .75rem}
.choice{display:flex;gap:.85rem;align-items:flex-start;padding:.85rem 1rem;margin-top:.6rem;border:1px solid var(--field);
border-radius:.6rem;cursor:pointer}
.choice:hover{border-color:var(--accent)}
.choice:has(:checked){border-color:var(--accent);background:var(--tint);box-shadow:inset 0 0 0 1px var(--accent)}
.choice input{width:1.25rem;height:1.25rem;margin:.2rem 0 0;flex:none;accent-color:var(--accent)}
.choice strong,.choice small,dd{text-wrap:balance}
.choice strong{display:block;font-weight:600}
.choice small{display:block;font-size:.95rem;color:var(--soft)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.2rem}
button{font:inherit;font-weight:600;min-height:3rem;padding:.6rem 1.75rem;border:1px solid transparent;border-radius:.6rem;
background:var(--accent);color:var(--on-accent);cursor:pointer}
button:hover{background:var(--hover)}
.done::before{content:"";display:block;width:2.75rem;height:.3rem;border-radius:1rem;background:var(--mark);margin-bottom:1.1rem}
footer{color:var(--soft);font-size:.95rem}
footer p{margin-bottom:.5rem}
header a{padding:.5rem 0}
a[href^=tel]{white-space:nowrap}
@media (max-width:26rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}button{width:100%}}
@media (forced-colors:active){.choice:has(:checked){outline:2px solid Highlight}}
@media print{body{background:none}section{border:0;padding:0}header a{display:none}}
`;

/** Whole, because a space more in it would be another hash. */
const STYLE = trustedHtml(`<style>${PAGE_STYLE}</style>`);

const hash = createHash("sha256").update(PAGE_STYLE, "utf8").digest("base64");

/** Nothing is loaded, run or framed; only this style sheet counts, known by its hash. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The link in the address is a capability: it must not get into caches, search engines or Referer headers. */
export const HTML_HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "Referrer-Policy": "no-referrer",
  "X-Robots-Tag": "noindex, nofollow",
  "Cross-Origin-Opener-Policy": "same-origin",
} as const;
