// A function that fails for good, as an incident: a message that becomes a dead letter, or a timer that does not do its
// work. The broker and the host can only say that it failed; here is known why, and for whom.

import { defined } from "../kernel/defined.ts";
import { HOUR_MS } from "../kernel/time/durations.ts";
import { createHash } from "node:crypto";
import { describeFailure } from "../kernel/failures.ts";
import type { NewIncident, Severity } from "./core/incident.ts";

export interface QueueFunction {
  readonly name: string;
  readonly queue: string;
  /** Of the queue (its resources.ts). */
  readonly maxDeliveryCount: number;
}

export interface FailedDelivery extends QueueFunction {
  readonly messageId: string | undefined;
  readonly sessionId: string | undefined;
  readonly body: unknown;
}

interface Meaning {
  readonly severity: Severity;
  /** What it may mean to people, as a sentence. */
  readonly consequence: string;
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  "upgrade-steps": {
    severity: 0,
    consequence: "The organisation may be offline, and its upgrade may not go on. Look at it at once.",
  },
  "campaign-ticks": {
    severity: 1,
    consequence: "The campaign admits and tells nobody until this works again.",
  },
  "functional-checks": {
    severity: 2,
    consequence: "The organisation was not checked. Without a check it is not upgraded.",
  },
  "mail-reports": {
    severity: 2,
    consequence: "Whether a mail has reached its customer is not recorded.",
  },
};
const OTHER: Meaning = { severity: 1, consequence: "What it asked for was not done." };

/** The same message gives the same incident, however often its last delivery is repeated. */
export function deadLetterIncident(failed: FailedDelivery, failure: unknown): NewIncident {
  const { name, queue, maxDeliveryCount, messageId, sessionId, body } = failed;
  const { severity, consequence } = MEANINGS[queue] ?? OTHER;
  const organisationId = textOf(body, "organisationId") ?? (queue === "upgrade-steps" ? sessionId : undefined);
  const campaignId = textOf(body, "campaignId") ?? (queue === "campaign-ticks" ? sessionId : undefined);
  const of = organisationId ?? campaignId;
  return {
    incidentId: `dead-letter:${queue}:${hashOf([messageId, sessionId, jsonOf(body)])}`,
    severity,
    kind: "messageDeadLettered",
    title: `${name} could not handle a message${of === undefined ? "" : ` of ${of}`}`,
    detail:
      `Message ${messageId ?? "without an id"} of queue ${queue}` +
      `${sessionId === undefined ? "" : `, session ${sessionId},`} failed in each of ${maxDeliveryCount} deliveries and is a ` +
      `dead letter now: ${describeFailure(failure, 1000)}. ${consequence}`,
    subject: {
      ...defined({ organisationId, campaignId }),
    },
  };
}

/** One per timer and hour. */
export const failedTimerIncident = (name: string, failure: unknown, now: number): NewIncident => ({
  incidentId: `timer:${name}:${Math.floor(now / HOUR_MS)}`,
  severity: 1,
  kind: "timerFailed",
  title: `The timer ${name} does not do its work`,
  detail: `It fails, and will do so again at every turn until the cause is mended: ${describeFailure(failure, 1000)}.`,
  subject: {},
});

function textOf(body: unknown, name: string): string | undefined {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whatever was sent, also what has no JSON. */
function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body) ?? typeof body;
  } catch {
    return typeof body;
  }
}

const hashOf = (parts: readonly unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
