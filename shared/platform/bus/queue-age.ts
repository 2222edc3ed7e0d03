// Port: since when its oldest message waits. `azure-queue-look.ts` implements it.

export interface QueueAge {
  /**
   * Since when the oldest message that may be delivered waits, in milliseconds since the epoch; undefined when none does.
   * Scheduled and deferred messages do not count; locked ones, which are worked on, do. Throws when the bus cannot be
   * reached within its limit.
   */
  waitingSince(queue: string): Promise<number | undefined>;
}
