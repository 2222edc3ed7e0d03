// Every reason for which the engine refuses a command, with the AMQP condition that the SDKs translate.
import { err } from "../../../shared/kernel/result.ts";

export interface Refusal {
  readonly condition: string;
  readonly description: string;
}

const refuse = (condition: string, description: string): { readonly ok: false; readonly error: Refusal } =>
  err({ condition, description });

export const messageLockLost = () =>
  refuse(
    "com.microsoft:message-lock-lost",
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  );

export const sessionLockLost = (sessionId: string) =>
  refuse(
    "com.microsoft:session-lock-lost",
    `The lock on session '${sessionId}' has expired or was released. Accept the session again.`,
  );

export const sessionCannotBeLocked = (sessionId: string) =>
  refuse(
    "com.microsoft:session-cannot-be-locked",
    `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
  );

export const notAllowed = (description: string) => refuse("amqp:not-allowed", description);

export const quotaExceeded = (description: string) => refuse("amqp:resource-limit-exceeded", description);

export const serverBusy = (description: string) => refuse("com.microsoft:server-busy", description);
