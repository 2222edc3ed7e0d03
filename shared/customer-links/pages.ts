// The pages behind a reschedule link, as whole documents: usable without JavaScript, by keyboard and by screen reader.

import { localDateTime, localEnd, zoneText } from "../notices/core/local-time.ts";
import { letterTexts } from "../notices/core/texts.ts";
import { html, type Html } from "../platform/http/html.ts";
import { otherLanguage, page, type PageLanguage, type PagePart } from "../platform/http/page.ts";
import { englishPage } from "./page-english.ts";
import { germanPage } from "./page-german.ts";
import type { PageRefusal, PageTranslation, Said } from "./page-translation.ts";
import type { ChosenTime, Offer, OfferedTime } from "./reschedule-port.ts";

export interface Support {
  readonly email: string;
  readonly phone?: string;
}

export interface PageContext {
  /** Of the link, as it came: every address on the page has it in its query. */
  readonly token: string;
  /** Undefined when nobody has said it: the page then speaks both. */
  readonly language: PageLanguage | undefined;
  readonly support: Support;
}

const translationOf = (language: PageLanguage): PageTranslation => (language === "de" ? germanPage : englishPage);
const hrefIn = (token: string, language: PageLanguage): string =>
  `?${new URLSearchParams({ token, language }).toString()}`;

/** What can be chosen. `isIncomplete`: the form came without a choice. */
export function choosePage(offer: Offer, context: PageContext, isIncomplete = false): string {
  const { language, support, token } = context;
  const spoken = language ?? offer.language;
  const words = translationOf(spoken);
  const part: PagePart = {
    language: spoken,
    title: words.notice.rescheduleLink,
    body: chooseBody(offer, token, words, isIncomplete),
    footer: supportLine(words, support),
  };
  return page({ parts: [part], otherLanguageHref: hrefIn(token, otherLanguage(spoken)) });
}

/** The confirmation. */
export function chosenPage({ zone, ...time }: ChosenTime, context: PageContext): string {
  return inLanguages(context, (words) => ({
    ...saidPart(words.done, facts(time, zone, words)),
    isDone: true,
  }));
}

/** Why not. `canRetry`: the free times are worth another look by the same link. */
export function refusalPage(refusal: PageRefusal, context: PageContext, canRetry = false): string {
  return inLanguages(context, (words) => {
    const href = hrefIn(context.token, words.notice.language);
    const again = canRetry ? html`<p><a href="${href}">${words.again}</a></p>` : undefined;
    return saidPart(words.refusals[refusal], undefined, again);
  });
}

type Part = Pick<PagePart, "title" | "body" | "isDone">;

const saidPart = ({ title, text }: Said, before?: Html, after?: Html): Part => ({
  title,
  body: html`${before}
    <p>${text}</p>
    ${after}`,
});

function inLanguages({ language, support }: PageContext, write: (words: PageTranslation) => Part): string {
  const part = (of: PageLanguage): PagePart => {
    const words = translationOf(of);
    return { ...write(words), language: of, footer: supportLine(words, support) };
  };
  return page({ parts: language === undefined ? [part("de"), part("en")] : [part(language)] });
}

function chooseBody(offer: Offer, token: string, words: PageTranslation, isIncomplete: boolean): Html {
  const { current, timeZone, version } = offer;
  const { organisationName } = letterTexts(
    { ...current, organisationName: offer.organisationName, timeZone, version },
    words.notice,
  );
  const options = offer.options.filter(({ wallStart }) => wallStart !== current.wallStart);
  return html`<p>${words.choose(organisationName, version)}</p>
    <h2>${words.currentHeading}</h2>
    ${facts(current, timeZone, words)}
    <p>${words.keep}</p>
    ${options.length === 0 ? html`<p>${words.noOptions}</p>` : form(options, offer, token, words, isIncomplete)}`;
}

function form(
  options: readonly OfferedTime[],
  { current, timeZone }: Offer,
  token: string,
  words: PageTranslation,
  isIncomplete: boolean,
): Html {
  const zones = new Set([current, ...options].map(({ start, end }) => zoneText(start, end, timeZone, words.notice)));
  const [zone] = zones.size === 1 ? zones : [];
  return html`<form method="post" action="${hrefIn(token, words.notice.language)}">
    <fieldset aria-describedby="hint">
      <legend>${words.legend}</legend>
      ${isIncomplete ? html`<p class="alert" role="alert">${words.nothingChosen}</p> ` : undefined}
      <p class="hint" id="hint">${words.hint(zone)}</p>
      ${options.map((option, at) => choice(option, at, timeZone, words, zone === undefined))}
    </fieldset>
    <button type="submit">${words.confirm}</button>
  </form>`;
}

function choice(
  { wallStart, start, end }: OfferedTime,
  at: number,
  timeZone: string,
  words: PageTranslation,
  withZone: boolean,
): Html {
  const until = words.until(localEnd(start, end, timeZone, words.notice));
  const zone = withZone ? `, ${zoneText(start, end, timeZone, words.notice)}` : "";
  return html`<label class="choice" for="start-${at}"
    ><input type="radio" id="start-${at}" name="start" value="${wallStart}" required />
    <span><strong>${localDateTime(start, timeZone, words.notice)}</strong> <small>${until}${zone}</small></span></label
  > `;
}

function facts({ start, end }: Omit<OfferedTime, "wallStart">, timeZone: string, { notice }: PageTranslation): Html {
  const rows = [
    [notice.labels.start, localDateTime(start, timeZone, notice)],
    [notice.labels.end, localEnd(start, end, timeZone, notice)],
    [notice.labels.zone, zoneText(start, end, timeZone, notice)],
  ] as const;
  return html`<dl>
    ${rows.map(
      ([label, value]) =>
        html`<dt>${label}</dt>
          <dd>${value}</dd> `,
    )}
  </dl>`;
}

const supportLine = ({ support: line }: PageTranslation, { email, phone }: Support): Html =>
  html`<p>
    ${line}
    <a href="mailto:${email}">${email}</a
    >${phone === undefined ? undefined : html`, <a href="tel:${phone.replaceAll(/[^+\d]/g, "")}">${phone}</a>`}
  </p>`;
