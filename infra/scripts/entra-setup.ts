// Makes or corrects the app registration and prints what the deployment needs of it. Needs the directory role
// Application Administrator (or Cloud Application Administrator), and no right in the subscription.
//   node scripts/bootstrap.mjs infra/scripts/entra-setup.ts [identifier URI]

import { ensureRegistration } from "./app-registration.ts";
import { az, runScript, SetupError } from "./az.ts";

await runScript(async () => {
  const [identifierUri = "api://docuware-operations", ...more] = process.argv.slice(2);
  if (more.length > 0 || !/^(api|https):\/\/[\w.-]+(\/[\w.-]+)*$/.test(identifierUri)) {
    throw new SetupError("Usage: entra-setup.ts [identifier URI, e.g. api://docuware-operations]");
  }
  const { clientId, objectId } = ensureRegistration(az, "DocuWare Cloud operations", identifierUri);
  console.log(`azd env set API_CLIENT_ID ${clientId}`);
  console.log(`azd env set API_OBJECT_ID ${objectId}`);
  console.log(`azd env set API_IDENTIFIER_URI ${identifierUri}`);
});
