// Values and a port in memory that tests of customer links share.

import { randomBytes } from "node:crypto";
import { err, ok, type Result } from "../../../shared/kernel/result.ts";
import type { LinkKeys } from "../../../shared/customer-links/link-keys.ts";
import type {
  ChosenTime,
  AppointmentKey,
  Offer,
  OfferedTime,
  ReschedulePort,
  OfferRefusal,
} from "../../../shared/customer-links/reschedule-port.ts";
import {
  customerLinkVerbs,
  type CustomerLinkNeeds,
  type CustomerLinkVerbs,
} from "../../../shared/customer-links/verbs.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { anAuditLog } from "../../support/audit.ts";
import { signLink, type PayloadOf } from "../../../shared/customer-links/signed-link.ts";

export const NOON = Date.UTC(2027, 1, 1, 12);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const KEYS: LinkKeys = {
  current: { id: "k2", secret: randomBytes(32) },
  previous: { id: "k1", secret: randomBytes(32) },
};
export const SUPPORT = { email: "support@docuware.example", phone: "+49 89 0000000" };

/** The verbs of customer links; what a test does not give is not there. */
export const linkVerbs = (needs: Partial<CustomerLinkNeeds>): CustomerLinkVerbs =>
  customerLinkVerbs({
    keys: KEYS,
    clock: { now: () => NOON },
    log: memoryLog(),
    support: SUPPORT,
    audit: anAuditLog(),
    organisationOf: async () => undefined,
    reschedulePort: memoryReschedule().port,
    appointmentsOf: async () => [],
    ...needs,
  });

export const night = (day: number): OfferedTime => ({
  wallStart: `2027-04-${String(day).padStart(2, "0")}T22:00`,
  start: Date.UTC(2027, 3, day, 20),
  end: Date.UTC(2027, 3, day + 1, 0, 30),
});

export const OFFER: Offer = {
  organisationName: "Müller & Söhne <GmbH>",
  language: "de",
  version: "7.13.0.1",
  timeZone: "Europe/Berlin",
  current: night(10),
  options: [night(3), night(17), night(24)],
};

export const PAYLOAD: PayloadOf<"reschedule"> = {
  purpose: "reschedule",
  campaignId: "c-1",
  organisationId: "alpine-foods",
  sequence: 0,
  expiresAt: night(10).start - DAY,
};

export const tokenOf = (changes: Partial<PayloadOf<"reschedule">> = {}): string =>
  signLink(KEYS, { ...PAYLOAD, ...changes });

/** Offers what it is told and moves the appointment, as the port's contract says. */
export function memoryReschedule(first: Offer = OFFER) {
  const state = {
    offer: first,
    sequence: 0,
    refuse: undefined as OfferRefusal | undefined,
    calls: [] as string[],
  };
  const mine = (of: AppointmentKey): Result<Offer, OfferRefusal> => {
    if (state.refuse !== undefined) return err(state.refuse);
    return of.sequence === state.sequence ? ok(state.offer) : err({ kind: "linkUsed" });
  };
  const appointment = (): ChosenTime => ({
    ...state.offer.current,
    zone: state.offer.timeZone,
    sequence: state.sequence,
  });
  const port: ReschedulePort = {
    async offer(of) {
      state.calls.push("look");
      return mine(of);
    },
    async choose(of, wallStart) {
      state.calls.push(`choose ${wallStart}`);
      const isRepeated = of.sequence + 1 === state.sequence && state.offer.current.wallStart === wallStart;
      if (isRepeated) return ok(appointment());
      const offer = mine(of);
      if (!offer.ok) return offer;
      const chosen = offer.value.options.find((one) => one.wallStart === wallStart);
      if (chosen === undefined) return err({ kind: "notOffered" });
      state.offer = { ...state.offer, current: chosen };
      state.sequence += 1;
      return ok(appointment());
    },
  };
  return { state, port };
}
