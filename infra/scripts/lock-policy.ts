// Locks the immutability policy of the audit container. For good: afterwards nobody, Microsoft included, can shorten the
// period, or delete the container or the account while a checkpoint in it is younger.

import { z } from "zod";
import { SetupError, type Az } from "./az.ts";

const CONTAINER = "audit-checkpoints";
const policySchema = z.object({
  state: z.enum(["Locked", "Unlocked"]),
  immutabilityPeriodSinceCreationInDays: z.int(),
  etag: z.string(),
});

export interface LockRequest {
  readonly account: string;
  readonly resourceGroup: string;
  /** Asks the person; the answer must be the account's name. */
  readonly confirm: (question: string) => Promise<string>;
  readonly say: (text: string) => void;
}

/** Locks, unless it is locked already. Throws SetupError when the confirmation is not the account's name. */
export async function lockPolicy(az: Az, { account, resourceGroup, confirm, say }: LockRequest): Promise<void> {
  const where = ["--account-name", account, "--resource-group", resourceGroup, "--container-name", CONTAINER];
  const policy = policySchema.parse(az(["storage", "container", "immutability-policy", "show", ...where]));
  if (policy.state === "Locked") {
    say(`The policy of ${account}/${CONTAINER} is locked already. Deploy with AUDIT_POLICY_LOCKED=true.`);
    return;
  }
  say(
    `${account}/${CONTAINER} keeps every checkpoint for ${policy.immutabilityPeriodSinceCreationInDays} days. A lock cannot be undone: the period can then only be extended (five times), and neither container nor account can be deleted while a checkpoint is younger.`,
  );
  const answer = await confirm(`Type ${account} to lock it for good: `);
  if (answer.trim() !== account) throw new SetupError("Not locked: what was typed is not the name of the account.");
  // The ETag makes sure that what is locked is what was shown.
  az(["storage", "container", "immutability-policy", "lock", ...where, "--if-match", policy.etag]);
  const locked = policySchema.parse(az(["storage", "container", "immutability-policy", "show", ...where]));
  if (locked.state !== "Locked")
    throw new SetupError("Azure took the lock, but the policy does not show it. Try again.");
  say("Locked. From now on deploy with AUDIT_POLICY_LOCKED=true: azd env set AUDIT_POLICY_LOCKED true");
}
