// Every signal of this system, as data: what the code may emit, what alerts, workbook and their tests may ask for.
// A name that is not here cannot be emitted (telemetry.ts takes its types from here). Attributes of metrics have few
// values each; campaigns and organisations are named on events and availability records only.

export interface MetricEntry {
  readonly kind: "counter" | "histogram";
  /** UCUM: `s`, or `{thing}` for counts. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
  /** Upper bounds of the buckets, histograms only. */
  readonly buckets?: readonly number[];
}

/** Seconds. */
const CALL_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;
const PHASE_BUCKETS = [1, 5, 15, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400] as const;

export const METRICS = {
  "dwops.upgrade.moves": {
    kind: "counter",
    unit: "{move}",
    description: "Moves of upgrades from one state to another",
    attributes: ["from", "to"],
  },
  "dwops.upgrade.phase.duration": {
    kind: "histogram",
    unit: "s",
    description: "How long an upgrade stayed in a state before it left it",
    attributes: ["state"],
    buckets: PHASE_BUCKETS,
  },
  "dwops.upgrade.offline.duration": {
    kind: "histogram",
    unit: "s",
    description: "From going offline to being online again",
    attributes: ["outcome"],
    buckets: PHASE_BUCKETS,
  },
  "dwops.upgrade.needs_human": {
    kind: "counter",
    unit: "{upgrade}",
    description: "Upgrades whose roll-back failed: offline and safe, an operator must act",
    attributes: [],
  },
  "dwops.campaign.paused": {
    kind: "counter",
    unit: "{campaign}",
    description: "Campaigns that paused themselves",
    attributes: [],
  },
  "dwops.campaign.closed": {
    kind: "counter",
    unit: "{campaign}",
    description: "Campaigns that ended",
    attributes: ["state"],
  },
  "dwops.version.quarantined": {
    kind: "counter",
    unit: "{version}",
    description: "Versions that no campaign may start until two operators lift it",
    attributes: [],
  },
  "dwops.check.completed": {
    kind: "counter",
    unit: "{check}",
    description: "Functional checks that were kept (outcome: passed, failed, notRun)",
    attributes: ["outcome", "severity"],
  },
  "dwops.check.duration": {
    kind: "histogram",
    unit: "s",
    description: "How long the functional suite of one organisation took",
    attributes: ["outcome"],
    buckets: CALL_BUCKETS,
  },
  "dwops.mail.attempts": {
    kind: "counter",
    unit: "{mail}",
    description: "Notices handed to the mail provider (outcome: accepted, failed, postponed, refused, bounced)",
    attributes: ["outcome"],
  },
  "dwops.incident.raised": {
    kind: "counter",
    unit: "{incident}",
    description: "Incidents raised",
    attributes: ["kind", "severity"],
  },
  "dwops.message.failed": {
    kind: "counter",
    unit: "{delivery}",
    description: "Deliveries of queue messages whose handler failed; the host delivers them again",
    attributes: ["function"],
  },
  "dwops.message.dead_lettered": {
    kind: "counter",
    unit: "{message}",
    description: "Messages whose last delivery failed",
    attributes: ["function"],
  },
  "dwops.message.postponed": {
    kind: "counter",
    unit: "{message}",
    description: "Messages put off by a transient failure: sent again with back-off",
    attributes: ["queue"],
  },
  "dwops.webhook.deliveries": {
    kind: "counter",
    unit: "{delivery}",
    description: "Attempts to deliver a webhook (outcome: delivered, postponed, failed)",
    attributes: ["outcome"],
  },
  "dwops.function.duration": {
    kind: "histogram",
    unit: "s",
    description: "Runs of this app's functions; its count is the number of runs (outcome: succeeded, failed)",
    attributes: ["function", "outcome"],
    buckets: CALL_BUCKETS,
  },
} as const satisfies Readonly<Record<`dwops.${string}`, MetricEntry>>;

export type MetricName = keyof typeof METRICS;
type OfKind<K extends MetricEntry["kind"]> = {
  [N in MetricName]: (typeof METRICS)[N]["kind"] extends K ? N : never;
}[MetricName];
export type CounterName = OfKind<"counter">;
export type HistogramName = OfKind<"histogram">;
export type MetricAttributes<N extends MetricName> = Readonly<
  Record<(typeof METRICS)[N]["attributes"][number], string>
>;

export interface EventEntry {
  readonly description: string;
  /** Texts and numbers that the event may carry; one that is absent is left out. */
  readonly attributes: readonly string[];
}

/** Custom events (table AppEvents). They are never sampled: alerts may rely on each of them. */
export const EVENTS = {
  "upgrade.moved": {
    description: "An upgrade went from one state to another",
    attributes: ["campaignId", "organisationId", "from", "to", "reason"],
  },
  "upgrade.needsHuman": {
    description: "A roll-back failed: the organisation is offline and safe, an operator must act",
    attributes: ["campaignId", "organisationId", "failure"],
  },
  "campaign.paused": {
    description: "A campaign paused itself: its budget is used up, a gate failed, or its version is quarantined",
    attributes: ["campaignId", "reason"],
  },
  "campaign.closed": { description: "A campaign ended", attributes: ["campaignId", "state"] },
  "version.quarantined": {
    description: "Too many roll-backs: no campaign may start this version until two operators lift it",
    attributes: ["version", "campaignId", "reason"],
  },
  "check.failed": {
    description: "The functional suite of an organisation failed",
    attributes: ["organisationId", "step", "severity"],
  },
  "notice.failed": {
    description: "The provider took a notice and could not send it",
    attributes: ["notice", "mailNumber", "reason"],
  },
  "notice.refused": {
    description: "The provider refused a notice",
    attributes: ["notice", "mailNumber", "reason"],
  },
  "notice.bounced": { description: "A notice did not reach one of its recipients", attributes: ["notice"] },
  "notices.allRefused": {
    description: "The provider refuses every mail: sending pauses",
    attributes: ["mails"],
  },
  "incident.raised": {
    description: "An incident was raised",
    attributes: ["incidentId", "kind", "severity", "organisationId", "campaignId"],
  },
  "message.deadLettered": {
    description: "The last delivery of a message failed",
    attributes: ["function", "messageId", "deliveryCount"],
  },
  "webhook.failed": {
    description: "A webhook could not be delivered for good",
    attributes: ["subscriptionId", "deliveryId", "reason"],
  },
  "app.notReady": { description: "The readiness probe found something out of order", attributes: [] },
} as const satisfies Readonly<Record<string, EventEntry>>;

export type EventName = keyof typeof EVENTS;
export type EventAttributes<N extends EventName> = Readonly<
  Partial<Record<(typeof EVENTS)[N]["attributes"][number], string | number>>
>;

/** Availability results (table AppAvailabilityResults), one per run of the functional suite; never sampled. */
export const AVAILABILITY = {
  "functional-check": {
    description: "The functional suite at a regular check, or on demand",
    attributes: ["organisationId", "version", "failedStep"],
  },
  "upgrade-verification": {
    description: "The functional suite on an organisation that an upgrade has taken offline",
    attributes: ["organisationId", "version", "failedStep"],
  },
} as const satisfies Readonly<Record<string, EventEntry>>;

export type AvailabilityName = keyof typeof AVAILABILITY;

interface SpanEntry {
  readonly kind: "server" | "client" | "producer" | "internal";
  readonly description: string;
  readonly attributes: readonly string[];
}

/**
 * Spans, by the pattern of their names: `{attribute}` stands for that attribute's value. `server` ends in AppRequests,
 * everything else in AppDependencies. A run of a function is `internal` when the host has reported the request itself.
 */
export const SPANS = {
  "{function}": {
    kind: "server",
    description: "One run of a function of this app",
    attributes: ["function", "trigger", "messageId", "deliveryCount", "status"],
  },
  "table {operation}": {
    kind: "client",
    description: "A call of Table storage",
    attributes: ["table", "operation", "outcome", "peer.service"],
  },
  "bus send": {
    kind: "producer",
    description: "Messages sent to a queue",
    attributes: ["queue", "messages", "peer.service"],
  },
  "mail send": {
    kind: "client",
    description: "A mail handed to the provider and followed to its end",
    attributes: ["operationId", "outcome", "peer.service"],
  },
  "control plane {operation}": {
    kind: "internal",
    description: "A call of the DocuWare Cloud control plane; the request itself is a span below it",
    attributes: ["operation", "organisationId", "action", "outcome"],
  },
  "http {http.request.method}": {
    kind: "client",
    description: "A request to the Platform API, the control plane or another HTTP service; addresses without query",
    attributes: ["http.request.method", "url.full", "http.response.status_code"],
  },
} as const satisfies Readonly<Record<string, SpanEntry>>;

export type SpanPattern = keyof typeof SPANS;
export type SpanAttributes<P extends SpanPattern> = Readonly<
  Partial<Record<(typeof SPANS)[P]["attributes"][number], string | number>>
>;
