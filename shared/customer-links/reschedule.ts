// A customer opens or submits a reschedule link: the page to answer with.

import type { Clock } from "../platform/clock/clock.ts";
import type { PageLanguage } from "../platform/http/page.ts";
import type { LinkLog } from "./signals.ts";
import { wallTimeSchema } from "../kernel/time/wall-time.ts";
import type { PageRefusal } from "./page-translation.ts";
import type { LinkKeys } from "./link-keys.ts";
import { choosePage, chosenPage, refusalPage, type Support } from "./pages.ts";
import type { AppointmentKey, ReschedulePort, OfferRefusal } from "./reschedule-port.ts";
import { type LinkRefusal, readLink } from "./signed-link.ts";

export interface ReschedulePageDeps {
  readonly keys: LinkKeys;
  readonly port: ReschedulePort;
  readonly clock: Clock;
  readonly log: LinkLog;
  readonly support: Support;
}

/** What the address says. */
export interface Opened {
  readonly token: string;
  /** Undefined until the customer has switched: then the organisation's, or both. */
  readonly language: PageLanguage | undefined;
}

type PageStatus = 200 | 400 | 404 | 409 | 410;
export type PageAnswer = { [S in PageStatus]: { readonly status: S; readonly body: string } }[PageStatus];

/** Changes nothing, however often it is asked. Throws TransientFailure when storage cannot be reached. */
export async function showReschedule(deps: ReschedulePageDeps, opened: Opened): Promise<PageAnswer> {
  return withLink(deps, opened, (of) => look(deps, opened, of, false));
}

/** Moves the appointment to `wallStart`, or says why not. Throws TransientFailure when storage cannot be reached. */
export async function submitReschedule(
  deps: ReschedulePageDeps,
  opened: Opened,
  wallStart: string | undefined,
): Promise<PageAnswer> {
  return withLink(deps, opened, async (of) => {
    if (wallStart === undefined) return look(deps, opened, of, true);
    if (!wallTimeSchema.safeParse(wallStart).success) return refused(deps, opened, of, { kind: "notOffered" });
    const chosen = await deps.port.choose(of, wallStart);
    if (!chosen.ok) return refused(deps, opened, of, chosen.error);
    const { sequence } = chosen.value;
    deps.log.event("reschedule.chosen", { ...of, wallStart: chosen.value.wallStart, newSequence: sequence });
    return { status: 200, body: chosenPage(chosen.value, { ...opened, support: deps.support }) };
  });
}

async function withLink(
  { keys, clock, log, support }: ReschedulePageDeps,
  { token, language }: Opened,
  act: (of: AppointmentKey) => Promise<PageAnswer>,
): Promise<PageAnswer> {
  const link = readLink(keys, token, "reschedule", clock.now());
  if (link.ok) {
    const { campaignId, organisationId, sequence } = link.value;
    return act({ campaignId, organisationId, sequence });
  }
  // Only what kind of refusal: the token itself may be one that still works elsewhere.
  log.event("reschedule.linkRefused", { refusal: link.error.kind });
  const { status, page } = LINK_REFUSALS[link.error.kind];
  return { status, body: refusalPage(page, { token, language, support }) };
}

async function look(
  deps: ReschedulePageDeps,
  opened: Opened,
  of: AppointmentKey,
  isIncomplete: boolean,
): Promise<PageAnswer> {
  const offer = await deps.port.offer(of);
  if (!offer.ok) return refused(deps, opened, of, offer.error);
  const context = { ...opened, support: deps.support };
  return { status: isIncomplete ? 400 : 200, body: choosePage(offer.value, context, isIncomplete) };
}

function refused(
  { log, support }: ReschedulePageDeps,
  opened: Opened,
  of: AppointmentKey,
  { kind }: OfferRefusal,
): PageAnswer {
  log.event("reschedule.refused", { ...of, refusal: kind });
  const canRetry = kind === "notOffered" || kind === "changedMeanwhile";
  return { status: REFUSAL_STATUS[kind], body: refusalPage(kind, { ...opened, support }, canRetry) };
}

type Refused = { readonly status: 404 | 410; readonly page: PageRefusal };
const INVALID: Refused = { status: 404, page: "linkInvalid" };

/** A caller who guesses learns from the page only whether a link is ours. */
const LINK_REFUSALS: Readonly<Record<LinkRefusal["kind"], Refused>> = {
  malformed: INVALID,
  unknownKey: INVALID,
  altered: INVALID,
  unknownVersion: INVALID,
  wrongPurpose: { status: 404, page: "linkForOther" },
  expired: { status: 410, page: "linkExpired" },
};

const REFUSAL_STATUS: Readonly<Record<OfferRefusal["kind"], 404 | 409 | 410>> = {
  linkUsed: 410,
  started: 409,
  ended: 410,
  notOffered: 409,
  changedMeanwhile: 409,
  unknown: 404,
};
