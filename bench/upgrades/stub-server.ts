// The control plane and the verification target in a process of their own: each POST is answered after a fixed delay
// with the end of the operation. Speaks shared/docuware/control-plane/control-plane.openapi.yaml. Keeps no state: whether an upgrade
// fails, and which version runs afterwards, follows from the organisation's id.
import { createServer } from "node:http";
import { endWithParent } from "../../local/support/end-with-parent.ts";
import { FAILING_EVERY, NEW_VERSION, OLD_VERSION } from "./workload.ts";

const KINDS: Readonly<Record<string, string>> = {
  "take-offline": "takeOffline",
  "create-restore-point": "createRestorePoint",
  upgrade: "upgrade",
  restore: "restore",
  "bring-online": "bringOnline",
};

const delayMs = Number(process.argv[2]);
let calls = 0;

function answerTo(organisationId: string, verb: string, operationId: string): object | undefined {
  const fails = Number(organisationId.slice(-4)) % FAILING_EVERY === FAILING_EVERY - 1;
  const after = fails ? OLD_VERSION : NEW_VERSION;
  if (verb === "verify") return { version: after };
  const kind = KINDS[verb];
  if (kind === undefined) return undefined;
  const succeeded = { id: operationId, kind, status: "Succeeded" };
  switch (verb) {
    case "create-restore-point":
      return { ...succeeded, result: { version: OLD_VERSION, restorePointId: `r-${organisationId}` } };
    case "upgrade":
      if (fails) {
        return { id: operationId, kind, status: "Failed", error: { code: "upgradeFailed", message: "as planned" } };
      }
      return { ...succeeded, result: { version: NEW_VERSION } };
    case "bring-online":
      return { ...succeeded, result: { version: after } };
    default:
      return { ...succeeded, result: { version: OLD_VERSION } };
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  const answer = (status: number, body: object): void => {
    const text = JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  };
  const url = request.url ?? "";
  if (request.method === "GET" && url === "/calls") return answer(200, { calls });
  const [, organisationId = "", verb = ""] = /^\/organisations\/([a-z0-9-]+)\/([a-z-]+)$/.exec(url) ?? [];
  const operationId = request.headers["operation-id"];
  const body = answerTo(organisationId, verb, typeof operationId === "string" ? operationId : "");
  if (request.method !== "POST" || body === undefined) return answer(404, { title: "Unknown call." });
  calls += 1;
  setTimeout(() => answer(200, body), delayMs);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.send?.({ port: address.port });
});
process.once("SIGTERM", () => process.exit(0));
endWithParent();
