import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { startTokenIssuer, type TokenIssuer } from "../../../local/tokens/issuer.ts";

const answerSchema = z.object({ token_type: z.literal("Bearer"), expires_in: z.number(), access_token: z.string() });
const errorSchema = z.strictObject({ error: z.string(), error_description: z.string() });

let dataDir: string;
let issuer: TokenIssuer;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "tokens-"));
  issuer = await startTokenIssuer({ port: 0, dataDir });
});
afterEach(async () => {
  await issuer.stop();
  rmSync(dataDir, { recursive: true });
});

const ask = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${issuer.url}/token`, { method: "POST", body: new URLSearchParams(form), headers });

const client = (id: string, extra: Record<string, string> = {}) => ({
  grant_type: "client_credentials",
  client_id: id,
  client_secret: "local",
  ...extra,
});

async function tokenOf(id: string, extra: Record<string, string> = {}): Promise<string> {
  const response = await ask(client(id, extra));
  expect(response.status).toBe(200);
  return answerSchema.parse(await response.json()).access_token;
}

async function keySet() {
  const discovery = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json();
  const { jwks_uri, issuer: named } = z.object({ jwks_uri: z.url(), issuer: z.string() }).parse(discovery);
  expect(named).toBe(issuer.issuer);
  return createRemoteJWKSet(new URL(jwks_uri));
}

const expected = () => ({ issuer: issuer.issuer, audience: "api://docuware-operations", algorithms: ["RS256"] });

describe("token issuer", () => {
  test("a token verifies by discovery and has the shape of Entra v2", async () => {
    const { payload } = await jwtVerify(await tokenOf("auditor"), await keySet(), expected());
    expect(payload).toMatchObject({ azp: "auditor", roles: ["Audit.Read"], ver: "2.0", tid: expect.any(String) });
    expect(payload["oid"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/u);
    expect(payload.sub).toBe(payload["oid"]);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    expect(payload.nbf).toBe(payload.iat);
  });

  test("operators hold every read but the audit log's, and may steer; nobody holds nothing", async () => {
    const roles = z.array(z.string()).parse(decodeJwt(await tokenOf("operator-a"))["roles"]);
    expect(roles).toEqual(expect.arrayContaining(["Upgrades.Manage", "Incidents.Respond", "Organisations.Write"]));
    expect(roles).toEqual(expect.arrayContaining(["Checks.Run", "Checks.Read", "Administrators.Read", "Usage.Read"]));
    expect(roles).not.toContain("Audit.Read");
    expect(decodeJwt(await tokenOf("operator-b"))["roles"]).toEqual(roles);
    expect(decodeJwt(await tokenOf("nobody"))["roles"]).toEqual([]);
  });

  test("the two operators are two principals, each the same at every request", async () => {
    const a = decodeJwt(await tokenOf("operator-a"))["oid"];
    expect(decodeJwt(await tokenOf("operator-a"))["oid"]).toBe(a);
    expect(decodeJwt(await tokenOf("operator-b"))["oid"]).not.toBe(a);
  });

  test("a client may authenticate by a Basic header", async () => {
    const basic = Buffer.from("auditor:local").toString("base64");
    const response = await ask({ grant_type: "client_credentials" }, { Authorization: `Basic ${basic}` });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("a token outlives a restart of the issuer on the same data", async () => {
    const token = await tokenOf("auditor");
    const port = Number(new URL(issuer.url).port);
    await issuer.stop();
    issuer = await startTokenIssuer({ port, dataDir });
    await jwtVerify(token, await keySet(), expected());
    expect(statSync(join(dataDir, "signing-key.json")).mode & 0o077).toBe(0);
  });

  test("a negative lifetime gives an expired token, a positive one a short-lived token", async () => {
    await expect(jwtVerify(await tokenOf("auditor", { lifetime: "-30" }), await keySet(), expected())).rejects.toThrow(
      /exp/u,
    );
    const short = decodeJwt(await tokenOf("auditor", { lifetime: "5" }));
    expect((short.exp ?? 0) - (short.iat ?? 0)).toBe(5);
  });

  test.each([
    ["no grant type", { client_id: "auditor", client_secret: "local" }, 400, "invalid_request"],
    ["another grant", client("auditor", { grant_type: "password" }), 400, "unsupported_grant_type"],
    ["a wrong secret", client("auditor", { client_secret: "guess" }), 401, "invalid_client"],
    ["an unknown client", client("stranger"), 401, "invalid_client"],
    ["no secret", { grant_type: "client_credentials", client_id: "auditor" }, 401, "invalid_client"],
    ["a foreign scope", client("auditor", { scope: "https://graph.microsoft.com/.default" }), 400, "invalid_scope"],
    ["a bad lifetime", client("auditor", { lifetime: "soon" }), 400, "invalid_request"],
  ])("%s is refused in OAuth's error shape", async (_case, form, status, error) => {
    const response = await ask(form);
    expect(response.status).toBe(status);
    expect(errorSchema.parse(await response.json()).error).toBe(error);
  });

  test("a JSON body, a body too large and a wrong method are refused", async () => {
    const json = await fetch(`${issuer.url}/token`, { method: "POST", body: "{}" });
    expect(json.status).toBe(400);
    expect((await ask(client("auditor", { padding: "x".repeat(20_000) }))).status).toBe(413);
    const get = await fetch(`${issuer.url}/token`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("an unusable key file stops the start and names the file", async () => {
    const path = join(dataDir, "signing-key.json");
    expect(readFileSync(path, "utf8")).toContain('"RSA"');
    writeFileSync(path, "{");
    await expect(startTokenIssuer({ port: 0, dataDir })).rejects.toThrow(/signing-key\.json holds no usable RSA key/u);
  });

  test("a port in use stops the start with one sentence", async () => {
    const port = Number(new URL(issuer.url).port);
    await expect(startTokenIssuer({ port })).rejects.toThrow(`tokens: port ${port} on 127.0.0.1 is in use`);
  });
});
