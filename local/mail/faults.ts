// Faults one can set on the sink to see how the app takes them. They live in memory: a restart clears them.
import { z } from "zod";

const faultSchema = z.discriminatedUnion("effect", [
  z.strictObject({
    /** Mails to this address are accepted and then fail. */
    effect: z.literal("fail"),
    address: z.email().transform((address) => address.toLowerCase()),
    times: z.int().min(1).optional(),
    code: z.string().min(1).max(100).default("EmailDroppedAllRecipientsSuppressed"),
    message: z.string().min(1).max(500).default("Message dropped because all recipients were suppressed"),
  }),
  z.strictObject({
    /** Mails to this address are accepted and sent, and then reported as lost. */
    effect: z.literal("bounce"),
    address: z.email().transform((address) => address.toLowerCase()),
    times: z.int().min(1).optional(),
    status: z.enum(["Bounced", "Failed", "Quarantined", "FilteredSpam", "Suppressed"]).default("Bounced"),
  }),
  z.strictObject({
    /** The next sends are answered with 429. */
    effect: z.literal("throttle"),
    times: z.int().min(1),
    retryAfterSeconds: z.int().min(1).max(3600).default(1),
  }),
]);

/** Body of `POST /_sink/faults`: one fault or a list of them. */
export const faultsSchema = z.union([faultSchema.transform((fault) => [fault]), z.array(faultSchema).max(100)]);

export type Fault = z.infer<typeof faultSchema>;
export type FailFault = Extract<Fault, { effect: "fail" }>;

export type BounceFault = Extract<Fault, { effect: "bounce" }>;

export interface Faults {
  add(faults: readonly Fault[]): void;
  /** The faults still to come; `times` is what is left of them. */
  list(): readonly Fault[];
  clear(): void;
  /** Uses up one throttled send; undefined when there is none. */
  takeThrottle(): { readonly retryAfterSeconds: number } | undefined;
  /** Uses up one failure set for one of these addresses; undefined when there is none. */
  takeFailure(recipients: readonly string[]): FailFault | undefined;
  /** Uses up a bounce for each of these addresses that one is set for. */
  takeBounces(recipients: readonly string[]): readonly BounceFault[];
}

export function createFaults(): Faults {
  let pending: readonly Fault[] = [];
  const use = (fault: Fault): void => {
    const { times } = fault;
    if (times === undefined) return;
    pending = pending.flatMap((one) => (one !== fault ? [one] : times === 1 ? [] : [{ ...one, times: times - 1 }]));
  };
  return {
    add(faults) {
      pending = [...pending, ...faults].slice(-1000);
    },
    list: () => pending,
    clear() {
      pending = [];
    },
    takeThrottle() {
      const fault = pending.find((one) => one.effect === "throttle");
      if (fault !== undefined) use(fault);
      return fault;
    },
    takeFailure(recipients) {
      const fault = pending.find((one) => one.effect === "fail" && recipients.includes(one.address));
      if (fault?.effect !== "fail") return undefined;
      use(fault);
      return fault;
    },
    takeBounces(recipients) {
      const bounces = [...new Set(recipients)].flatMap((address) => {
        const fault = pending.find((one) => one.effect === "bounce" && one.address === address);
        return fault?.effect === "bounce" ? [fault] : [];
      });
      for (const fault of bounces) use(fault);
      return bounces;
    },
  };
}
