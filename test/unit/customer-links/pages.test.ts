// Customers' pages as documents: fixtures to read, and what every page must have for everybody to use it.

import { describe, expect, test } from "vitest";
import { choosePage, chosenPage, refusalPage } from "../../../shared/customer-links/pages.ts";
import { englishPage } from "../../../shared/customer-links/page-english.ts";
import type { PageRefusal } from "../../../shared/customer-links/page-translation.ts";
import { HTML_HEADERS, PAGE_STYLE } from "../../../shared/platform/http/page.ts";
import { night, OFFER, SUPPORT } from "./support.ts";

const context = (language?: "de" | "en") => ({ token: "k2.abc.def", language, support: SUPPORT });
const REFUSALS = Object.keys(englishPage.refusals) satisfies string[];
const isRefusal = (name: string): name is PageRefusal => name in englishPage.refusals;
const chosen = { ...night(17), zone: OFFER.timeZone, sequence: 1 };

const PAGES: readonly (readonly [string, string])[] = [
  ...(["de", "en"] as const).flatMap((language) => [
    [`choose.${language}`, choosePage(OFFER, context(language))] as const,
    [`chosen.${language}`, chosenPage(chosen, context(language))] as const,
    ...REFUSALS.filter(isRefusal).map(
      (refusal) =>
        [`${refusal}.${language}`, refusalPage(refusal, context(language), refusal === "notOffered")] as const,
    ),
  ]),
  ["choose-incomplete.de", choosePage(OFFER, context(), true)],
  ["chosen.both", chosenPage(chosen, context())],
  ["linkInvalid.both", refusalPage("linkInvalid", context())],
];
const NAME = "Müller &amp; Söhne &lt;GmbH&gt;";
const body = (text: string) => text.replace(PAGE_STYLE, "");
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");

describe.each(PAGES)("%s", (name, text) => {
  test("reads like its fixture", async () => {
    await expect(body(text)).toMatchFileSnapshot(`fixtures/${name}.html.txt`);
  });

  test("names its language, has a title, and one heading of the first level before all others", () => {
    const language = name.endsWith(".en") ? "en" : "de";
    expect(all(text, /<html lang="(\w+)"/gu)).toEqual([language]);
    const title = all(text, /<h1>([^<]+)<\/h1>/gu);
    expect(title).toHaveLength(1);
    expect(all(text, /<title>([^<]+)<\/title>/gu)[0]).toContain(title[0]);
    expect(all(text, /<h(\d)/gu)[0]).toBe("1");
    expect(all(text, /<(main|header|footer)[ >]/gu)).toEqual(expect.arrayContaining(["main", "header", "footer"]));
  });

  test("loads and runs nothing, and styles nothing in line", () => {
    expect(body(text)).not.toMatch(
      /<(?:script|link|img|iframe|object|base|svg)\b|\s(?:style|on\w+|src)=|url\(|@import/iu,
    );
  });

  test("labels every control, and every id is there once", () => {
    const inputs = all(text, /<input ([^>]+)>/gu);
    const ids = all(text, /\sid="([^"]+)"/gu);
    expect(new Set(ids).size).toBe(ids.length);
    for (const input of inputs) {
      const id = /id="([^"]+)"/u.exec(input)?.[1];
      expect(text).toContain(`for="${id}"`);
      expect(input).toMatch(/type="radio"[^]*name="start"[^]*value="2027-04-\d\dT22:00"[^]*required/u);
    }
    for (const described of all(text, /aria-describedby="([^"]+)"/gu)) expect(ids).toContain(described);
    if (inputs.length > 0) expect(text).toMatch(/<fieldset[^>]*>\s*<legend>[^<]+<\/legend>/u);
  });

  test("leaves no sentence in the other language, and no gap", () => {
    if (name.endsWith(".en"))
      expect(body(text).replace(NAME, "").replace(">Deutsch<", "><")).not.toMatch(/[äöüß]|Termin\b/u);
    if (name.endsWith(".de")) expect(body(text)).not.toMatch(/\b(?:the|time|please)\b/iu);
    expect(text).not.toMatch(/undefined|null|NaN|\[object/u);
  });
});

test("a page for nobody's language says it in both, each part marked with its own", () => {
  const text = refusalPage("linkExpired", context());
  expect(text).toMatch(/<section lang="de"[^]*abgelaufen[^]*<section lang="en"[^]*expired/u);
});

test("the time that holds is not offered again", () => {
  const text = choosePage({ ...OFFER, options: [OFFER.current, night(17)] }, context("en"));
  expect(all(text, /value="([^"]+)"/gu)).toEqual(["2027-04-17T22:00"]);
});

describe("the style sheet", () => {
  test("is the only one that the policy lets count", () => {
    expect(HTML_HEADERS["Content-Security-Policy"]).not.toMatch(/unsafe|http|\*/u);
    expect(choosePage(OFFER, context())).toContain(`<style>${PAGE_STYLE}</style>`);
    expect(PAGE_STYLE).not.toMatch(/<|url\(|@import/u);
  });

  /** WCAG 2.2, 1.4.3 and 1.4.11: text 4.5 to 1, what shows a control 3 to 1. */
  test("has enough contrast in light and dark", () => {
    const [light, dark] = PAGE_STYLE.split("prefers-color-scheme:dark").map((part) => part.slice(0, 400));
    for (const part of [light ?? "", dark ?? ""]) {
      const colours = Object.fromEntries(
        [...part.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})/gu)].map(([, name, value]) => [name ?? "", value ?? ""]),
      );
      const pairs: readonly (readonly [string, string, number])[] = [
        ["text", "card", 7],
        ["text", "page", 7],
        ["text", "tint", 7],
        ["soft", "card", 4.5],
        ["soft", "page", 4.5],
        ["soft", "tint", 4.5],
        ["accent", "card", 4.5],
        ["accent", "page", 4.5],
        ["hover", "card", 4.5],
        ["on-accent", "accent", 4.5],
        ["on-accent", "hover", 4.5],
        ["alert", "card", 3],
        ["field", "card", 3],
        ["accent", "tint", 3],
      ];
      for (const [front, back, least] of pairs) {
        expect(contrast(colours[front] ?? "", colours[back] ?? ""), `${front} on ${back}`).toBeGreaterThanOrEqual(
          least,
        );
      }
    }
  });
});

function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.slice(1).replaceAll(/./gu, "$&$&") : colour.slice(1);
  const [red = NaN, green = NaN, blue = NaN] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
