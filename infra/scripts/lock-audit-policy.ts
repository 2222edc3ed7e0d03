// Locks the policy of the audit container, after a typed confirmation.
//   node scripts/bootstrap.mjs infra/scripts/lock-audit-policy.ts ACCOUNT RESOURCE-GROUP

import { createInterface } from "node:readline/promises";
import { az, runScript, SetupError } from "./az.ts";
import { lockPolicy } from "./lock-policy.ts";

await runScript(async () => {
  const [account, resourceGroup, ...more] = process.argv.slice(2);
  if (account === undefined || resourceGroup === undefined || more.length > 0) {
    throw new SetupError(
      "Usage: lock-audit-policy.ts ACCOUNT RESOURCE-GROUP (outputs AUDIT_STORAGE_ACCOUNT, AZURE_RESOURCE_GROUP)",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    await lockPolicy(az, {
      account,
      resourceGroup,
      confirm: (question) => terminal.question(question),
      say: (text) => console.log(text),
    });
  } finally {
    terminal.close();
  }
});
