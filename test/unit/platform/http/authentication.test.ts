import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../../shared/kernel/failures.ts";
import { authenticator } from "../../../../shared/platform/http/authentication.ts";
import { isRole } from "../../../../shared/capabilities.ts";
import { listen } from "../../../support/listen.ts";

const AUDIENCE = "api://docuware-operations";
const NOW_SECONDS = 1_764_000_000;
const clock = { now: () => NOW_SECONDS * 1000 };

const answers = new Map<string, { status: number; body: unknown }>();
const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(request.url ?? "");
  const answer = answers.get(request.url ?? "");
  response.writeHead(answer?.status ?? 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer?.body ?? {}));
});
let issuer = "";
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair("RS256");
  strangers = await generateKeyPair("RS256");
  const port = await listen(server);
  issuer = `http://127.0.0.1:${port}/tenant/v2.0`;
  answers.set("/tenant/v2.0/.well-known/openid-configuration", {
    status: 200,
    body: { issuer, jwks_uri: `http://127.0.0.1:${port}/keys` },
  });
  const jwk = await exportJWK(keys.publicKey);
  answers.set("/keys", { status: 200, body: { keys: [{ ...jwk, kid: "k1", use: "sig", alg: "RS256" }] } });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

interface Forged {
  readonly claims?: Record<string, unknown>;
  readonly key?: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
  readonly kid?: string;
}

const token = ({ claims = {}, key = keys.privateKey, kid = "k1" }: Forged = {}) =>
  new SignJWT({
    iss: issuer,
    aud: AUDIENCE,
    iat: NOW_SECONDS,
    nbf: NOW_SECONDS,
    exp: NOW_SECONDS + 3600,
    azp: "operator-a",
    oid: "oid-of-the-service-principal",
    roles: ["Upgrades.Manage", "Something.Else"],
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid })
    .sign(key);

const check = async (forged: Forged = {}) =>
  authenticator({ issuer, audience: AUDIENCE, clock, isRole })(`Bearer ${await token(forged)}`);

describe("a token of the issuer", () => {
  test("for an application gives a tool with its known roles", async () => {
    expect(await check()).toEqual({
      ok: true,
      value: { actor: { kind: "tool", clientId: "operator-a" }, roles: ["Upgrades.Manage"] },
    });
  });

  test("with appid instead of azp works too", async () => {
    expect(await check({ claims: { azp: undefined, appid: "old", roles: undefined } })).toEqual({
      ok: true,
      value: { actor: { kind: "tool", clientId: "old" }, roles: [] },
    });
  });

  test("with scopes gives the person", async () => {
    expect(await check({ claims: { scp: "access", oid: "person-1" } })).toMatchObject({
      ok: true,
      value: { actor: { kind: "person", userId: "person-1" } },
    });
  });

  test.each([{ exp: NOW_SECONDS - 59 }, { nbf: NOW_SECONDS + 60 }])(
    "within the tolerance of 60 s is accepted: %j",
    async (claims) => {
      expect(await check({ claims })).toMatchObject({ ok: true });
    },
  );
});

describe("what the issuer leaves out or adds", () => {
  test.each<[object, object]>([
    [
      { appid: null, scp: null, roles: null },
      { actor: { kind: "tool", clientId: "operator-a" }, roles: [] },
    ],
    [
      { azp: "", appid: "old", scp: "" },
      { actor: { kind: "tool", clientId: "old" }, roles: ["Upgrades.Manage"] },
    ],
    [
      { azp: null, appid: "old", oid: null },
      { actor: { kind: "tool", clientId: "old" }, roles: ["Upgrades.Manage"] },
    ],
    [
      { roles: [null, 5, { role: 1 }, "Upgrades.Manage", "New.Role"], wids: null, xms_new: [{}] },
      { actor: { kind: "tool", clientId: "operator-a" }, roles: ["Upgrades.Manage"] },
    ],
  ])("does not make a token unreadable: %j", async (claims, value) => {
    expect(await check({ claims: { ...claims } })).toEqual({ ok: true, value });
  });

  test("does not spoil the other keys of its set, and an empty set is none", async () => {
    const good = answers.get("/keys");
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", use: "sig", x5t: null, key_ops: null, issuer: null };
    const others = [null, "key", 5, [], {}, { kty: null, kid: "k1" }, { kty: "OKP", crv: "Ed448", kid: "k2" }];
    try {
      answers.set("/keys", { status: 200, body: { keys: [...others, jwk, ...others], more: null } });
      expect(await check()).toMatchObject({ ok: true });
      for (const body of [{ keys: [] }, { keys: null }, null, "<html>"]) {
        answers.set("/keys", { status: 200, body });
        await expect(check()).rejects.toBeInstanceOf(TransientFailure);
      }
    } finally {
      answers.set("/keys", good ?? { status: 404, body: {} });
    }
  });
});

describe("a token that is not accepted", () => {
  test.each([
    ["expired", { exp: NOW_SECONDS - 61 }, /expired/],
    ["not valid yet", { nbf: NOW_SECONDS + 62 }, /"nbf"/],
    ["without expiry", { exp: undefined }, /"exp"/],
    ["for another audience", { aud: "api://other" }, /"aud"/],
    ["of another issuer", { iss: "https://login.microsoftonline.com/other/v2.0" }, /"iss"/],
    ["of nobody", { azp: undefined }, /neither a person nor an application/],
    ["with roles of another form", { roles: "Upgrades.Manage" }, /form of Entra ID/],
  ])("%s", async (_, claims, reason) => {
    expect(await check({ claims })).toEqual({
      ok: false,
      error: { reason: expect.stringMatching(reason), hadToken: true },
    });
  });

  test("signed by somebody else", async () => {
    expect(await check({ key: strangers.privateKey })).toMatchObject({ error: { reason: /signature/ } });
    expect(await check({ key: strangers.privateKey, kid: "unknown" })).toMatchObject({
      error: { reason: /none of the issuer/ },
    });
  });

  test("unsigned, or signed with the public key as a secret", async () => {
    const [, body] = (await token()).split(".");
    const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const ask = authenticator({ issuer, audience: AUDIENCE, clock, isRole });
    expect(await ask(`Bearer ${header}.${body}.`)).toMatchObject({ ok: false });
    const hmac = await new SignJWT({ iss: issuer, aud: AUDIENCE, exp: NOW_SECONDS + 9 })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey))));
    expect(await ask(`Bearer ${hmac}`)).toMatchObject({ ok: false, error: { reason: /RS256/ } });
  });

  test.each([
    [null, false],
    ["Basic eDp5", true],
    ["Bearer", true],
    ["Bearer a.b", true],
    [`Bearer ${"x".repeat(20_000)}.x.x`, true],
  ])("or no token at all", async (authorization, hadToken) => {
    const ask = authenticator({ issuer, audience: AUDIENCE, clock, isRole });
    expect(await ask(authorization)).toMatchObject({ ok: false, error: { hadToken } });
  });
});

describe("the issuer", () => {
  test("is asked once for many calls", async () => {
    requests.length = 0;
    const ask = authenticator({ issuer, audience: AUDIENCE, clock, isRole });
    const bearer = `Bearer ${await token()}`;
    await Promise.all([ask(bearer), ask(bearer), ask(bearer)]);
    await ask(bearer);
    expect(requests.toSorted()).toEqual(["/keys", "/tenant/v2.0/.well-known/openid-configuration"]);
  });

  test("that cannot be reached is a TransientFailure, and is asked again at the next call", async () => {
    const path = "/tenant/v2.0/.well-known/openid-configuration";
    const right = answers.get(path);
    answers.set(path, { status: 503, body: {} });
    const ask = authenticator({ issuer, audience: AUDIENCE, clock, isRole });
    const bearer = `Bearer ${await token()}`;
    await expect(ask(bearer)).rejects.toThrow(TransientFailure);
    if (right !== undefined) answers.set(path, right);
    expect(await ask(bearer)).toMatchObject({ ok: true });
  });

  test("whose keys cannot be had is a TransientFailure", async () => {
    const jwksUri = new URL("/no-keys", issuer).href;
    const ask = authenticator({ issuer, audience: AUDIENCE, clock, isRole, jwksUri });
    await expect(ask(`Bearer ${await token()}`)).rejects.toThrow(TransientFailure);
  });

  test("that calls itself otherwise is a PermanentFailure", async () => {
    answers.set("/alias/.well-known/openid-configuration", { status: 200, body: { issuer, jwks_uri: issuer } });
    const alias = new URL("/alias", issuer).href;
    const ask = authenticator({ issuer: alias, audience: AUDIENCE, clock, isRole });
    await expect(ask(`Bearer ${await token()}`)).rejects.toThrow(PermanentFailure);
  });
});

test("a role is known by its exact name", () => {
  expect(isRole("Audit.Read")).toBe(true);
  expect(isRole("audit.read")).toBe(false);
  expect(isRole("toString")).toBe(false);
});
