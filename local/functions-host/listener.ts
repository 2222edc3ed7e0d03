// What a trigger does between start and stop of the host.

export interface Listener {
  /** Takes nothing new any more and resolves when what it started has ended. */
  stop(): Promise<void>;
}
