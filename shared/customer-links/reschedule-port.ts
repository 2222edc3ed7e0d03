// What rescheduling by a customer needs of the upgrades. `shared/upgrades` implements it: the rules of windows, freezes
// and notice are there.

import type { Result } from "../kernel/result.ts";

/** One revision of an appointment. */
export interface AppointmentKey {
  readonly campaignId: string;
  readonly organisationId: string;
  readonly sequence: number;
}

/** Wall time in the organisation's zone (`2027-04-10T22:00`), and the instants derived from it (ms since the epoch). */
export interface OfferedTime {
  readonly wallStart: string;
  readonly start: number;
  readonly end: number;
}

export interface Offer {
  readonly organisationName: string;
  readonly language: "de" | "en";
  /** The version that is brought. */
  readonly version: string;
  /** IANA. */
  readonly timeZone: string;
  readonly current: OfferedTime;
  /** Ascending; may be empty. */
  readonly options: readonly OfferedTime[];
}

/** The time as it is after the choice. */
export interface ChosenTime extends OfferedTime {
  /** IANA. */
  readonly zone: string;
  readonly sequence: number;
}

/** `linkUsed`: the appointment has changed since the link was made. `notOffered`: that time is not offered (any more). */
export interface OfferRefusal {
  readonly kind: "linkUsed" | "started" | "ended" | "notOffered" | "changedMeanwhile" | "unknown";
}

/** Both throw TransientFailure when storage cannot be reached. */
export interface ReschedulePort {
  /** Changes nothing: mail scanners open links. */
  offer(of: AppointmentKey): Promise<Result<Offer, OfferRefusal>>;
  /**
   * Moves the appointment to the option with this `wallStart` and has the customer told. The same choice again (a
   * second click, a lost answer) must give the same appointment, not `linkUsed`. Audited by audited-port.ts.
   */
  choose(of: AppointmentKey, wallStart: string): Promise<Result<ChosenTime, OfferRefusal>>;
}
