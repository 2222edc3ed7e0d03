// Port of waiting: the only way the product pauses. Tests and the simulation give an implementation on virtual time.

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

export const systemWait: Wait = (ms, signal) => {
  if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal === undefined ? new Error("The wait was stopped.") : reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
};

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error("The wait was stopped.");
