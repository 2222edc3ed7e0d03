// What a capability declares in its `resources.ts`: names, and what is made of them in Azure, in the local stack and in
// the app's own checks. shared/capabilities.ts puts all of them together.

export interface TableResource {
  /** Letters and digits, as Azure wants it. */
  readonly name: string;
  readonly purpose: string;
}

/** A queue and the one function that takes from it. The properties from `requiresSession` on are those of Azure. */
export interface QueueResource {
  readonly name: string;
  readonly purpose: string;
  readonly functionName: string;
  /** How long a message may wait while all is well, in milliseconds: the readiness probe fails after that. */
  readonly longestWaitMs: number;
  readonly requiresSession: boolean;
  readonly lockDuration: string;
  readonly maxDeliveryCount: number;
  readonly defaultMessageTimeToLive: string;
  readonly deadLetteringOnMessageExpiration: boolean;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindow: string;
}

/** What most queues have. Everything else: a dead letter, which raises an incident, and never a message that is lost. */
export const QUEUE_STANDARD = {
  longestWaitMs: 5 * 60_000,
  requiresSession: false,
  lockDuration: "PT1M",
  maxDeliveryCount: 5,
  defaultMessageTimeToLive: "P14D",
  deadLetteringOnMessageExpiration: true,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: "PT10M",
} as const satisfies Partial<QueueResource>;

/** The queue as Azure, its emulator and the local broker know it. */
export function azureQueue<Q extends Partial<QueueResource>>(queue: Q) {
  const { name, purpose: _, functionName: _taker, longestWaitMs: _wait, ...properties } = queue;
  return { name, ...properties };
}

/** A function that a schedule starts. The schedule is a setting, which this declares as well. */
export interface TimerResource {
  readonly name: string;
  readonly purpose: string;
  readonly setting: string;
  /** Six fields, the second first: in Azure, and on a developer's machine unless `localSchedule` says otherwise. */
  readonly schedule: string;
  readonly localSchedule?: string;
  /** Longest time between two runs while all is well: the readiness probe fails some time after that. */
  readonly everySeconds: number;
}

export interface Resources {
  readonly tables?: readonly TableResource[];
  readonly queues?: readonly QueueResource[];
  readonly timers?: readonly TimerResource[];
  /** App roles of the API and what they allow. */
  readonly roles?: Readonly<Record<string, string>>;
}
