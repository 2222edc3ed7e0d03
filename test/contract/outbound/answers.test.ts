// Whatever an answer says, nothing goes where the policy does not allow it: real servers, a real DNS server, the real client.

import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { describeFailure, PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { createHttpControlPlane } from "../../../shared/docuware/control-plane/http-control-plane.ts";
import { connectPlatform, readVersion } from "../../../shared/docuware/platform-api/platform.ts";
import { createTokenCache } from "../../../shared/docuware/platform-api/token-cache.ts";
import { systemClock as clock } from "../../../shared/platform/clock/clock.ts";
import type { HttpClient } from "../../../shared/platform/http-client/http-client.ts";
import { createHttpClient } from "../../../shared/platform/http-client/lazy-http-client.ts";
import { authenticator } from "../../../shared/platform/http/authentication.ts";
import { parseHosts } from "../../../shared/platform/outbound/address.ts";
import { dnsResolver, type ResolveHost } from "../../../shared/platform/outbound/resolve.ts";
import { startDnsServer, type Reply } from "../../support/dns-server.ts";
import { answerJson, startTinyServer, type Seen } from "../../unit/docuware/tiny-server.ts";
import { isRole } from "../../../shared/capabilities.ts";
import { listen } from "../../support/listen.ts";

const SECRET = "the-probe's secret/1";
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const failureOf = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => "answered",
    (error: unknown) => error,
  );

function client(hosts: string, allowLocal: boolean, resolve: ResolveHost, connectTimeoutMs = 500): HttpClient {
  const parsed = parseHosts(hosts);
  if (!parsed.ok) throw new Error(parsed.error);
  const policy = { hosts: parsed.value, allowLocal };
  const http = createHttpClient({ timeoutMs: 5000, connectTimeoutMs, outbound: { policy, resolve } });
  closing.push(() => http.close());
  return http;
}

type Answers = Readonly<
  Record<string, { readonly status?: number; readonly location?: string; readonly body?: unknown }>
>;

/** An organisation on this machine whose answers are as given, and a place that must never be asked. */
async function world(answersOf: (elsewhere: string, own: string) => Answers) {
  const elsewhere = await serveTcp("127.0.0.2");
  let own = "";
  const server = await startTinyServer((seen, response) => {
    const standard: Answers = {
      "/DocuWare/Platform/Home/IdentityServiceInfo": { body: { IdentityServiceUrl: "/Identity" } },
      "/Identity/.well-known/openid-configuration": { body: { token_endpoint: "/Identity/connect/token" } },
      "/Identity/connect/token": { body: { access_token: "the-token-7", expires_in: 3600 } },
      "/DocuWare/Platform": { body: { Version: "7.12.1.100" } },
    };
    const all: Answers = { ...standard, ...answersOf(elsewhere.url, own) };
    const { status = 200, location, body = {} } = all[seen.path] ?? { status: 404 };
    if (location !== undefined) response.setHeader("location", location);
    answerJson(response, body, status);
  });
  own = server.url;
  closing.push(() => server.stop());
  const http = client("*.docuware.cloud", true, async (host) => {
    throw new Error(`${host} was looked up.`);
  });
  const credentials = { kind: "clientCredentials", clientId: "probe", clientSecret: SECRET } as const;
  const target = { organisationId: "alpine-foods", platformUrl: server.url, credentials };
  const platform = connectPlatform(target, { http, clock, tokens: createTokenCache(clock) });
  return { elsewhere, seen: server.seen, platform };
}

/** Counts who connects. */
async function serveTcp(host: string) {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined).destroy();
  });
  const port = await listen(server, host);
  closing.push(() => void server.close());
  return { url: `http://${host}:${port}`, port, connections: () => connections };
}

const INFO = "/DocuWare/Platform/Home/IdentityServiceInfo";
const DISCOVERY = "/Identity/.well-known/openid-configuration";
const TOKEN = "/Identity/connect/token";
const VERSION = "/DocuWare/Platform";
const sentSecret = ({ body }: Seen): boolean => body.length > 0;

describe("an answer of an organisation", () => {
  test.each(
    [301, 302, 303, 307, 308].flatMap((status) =>
      [INFO, DISCOVERY, TOKEN, VERSION].map((path) => [status, path] as const),
    ),
  )("that redirects with %s at %s is not followed", async (status, path) => {
    const { elsewhere, platform, seen } = await world((url) => ({ [path]: { status, location: `${url}/x` } }));
    const error = await failureOf(readVersion(platform));
    expect(error).toBeInstanceOf(PermanentFailure);
    expect(describeFailure(error)).toContain("Redirects are not followed");
    expect(elsewhere.connections()).toBe(0);
    expect(seen.at(-1)?.path).toBe(path);
  });

  test.each<[string, (elsewhere: string) => string]>([
    ["a private address", (url) => url],
    ["a private address without its scheme", (url) => `//${new URL(url).host}/x`],
    ["Azure's metadata", () => "http://169.254.169.254/metadata"],
    ["Azure's metadata, as one number", () => "http://2852039166/metadata"],
    ["this machine by another name", (url) => `http://localhost:${new URL(url).port}/`],
    ["this machine over IPv6", () => "http://[::1]:1/"],
    ["another host", () => "https://evil.example/x"],
    ["a host that begins like an allowed one", () => "https://login.docuware.cloud.evil.example/x"],
    ["a host that ends like an allowed one", () => "https://evildocuware.cloud/x"],
    ["another port of an allowed host", () => "https://login.docuware.cloud:8443/x"],
    ["an allowed host without TLS", () => "http://login.docuware.cloud/x"],
    ["user information", () => "https://probe:pass@login.docuware.cloud/x"],
    ["a host behind an at sign", () => "https://login.docuware.cloud@evil.example/x"],
    ["a backslash", () => "/\\evil.example/x"],
    ["a file", () => "file:///etc/passwd"],
  ])("whose identity service or token endpoint is %s gets nothing there, no secret above all", async (_, addressOf) => {
    for (const [path, member] of [
      [INFO, "IdentityServiceUrl"],
      [DISCOVERY, "token_endpoint"],
    ] as const) {
      const { elsewhere, platform, seen } = await world((url) => ({ [path]: { body: { [member]: addressOf(url) } } }));
      expect(await failureOf(readVersion(platform))).toBeInstanceOf(PermanentFailure);
      expect(elsewhere.connections()).toBe(0);
      expect(seen.at(-1)?.path).toBe(path);
      expect(seen.some(sentSecret)).toBe(false);
    }
  });

  test("with relative and own addresses is followed", async () => {
    for (const own of [false, true]) {
      const { platform, seen } = await world((_, url) => ({
        [INFO]: { body: { IdentityServiceUrl: own ? `${url}/Identity` : "/Identity" } },
        [DISCOVERY]: { body: { token_endpoint: own ? `${url}${TOKEN}` : "connect/../../connect/token" } },
        "/Identity/connect/token": { body: { access_token: "the-token-7" } },
      }));
      expect(await readVersion(platform)).toBe("7.12.1.100");
      expect(seen.map(({ path }) => path)).toEqual([INFO, DISCOVERY, TOKEN, VERSION]);
    }
  });

  test("with a link to another host takes no token there", async () => {
    const { elsewhere, platform } = await world(() => ({}));
    for (const href of [`${elsewhere.url}/DocuWare/Platform/x`, `//${new URL(elsewhere.url).host}/x`]) {
      // Below the service's own path, whatever it looks like.
      expect(await failureOf(platform.call({ method: "GET", path: href }))).toBeInstanceOf(PermanentFailure);
    }
    expect(elsewhere.connections()).toBe(0);
  });

  test("that repeats what was sent to it says it to nobody", async () => {
    for (const [path, own] of [
      [TOKEN, SECRET],
      [VERSION, "the-token-7"],
    ] as const) {
      const echo = { Message: `Refused: ${SECRET}, ${encodeURIComponent(SECRET)}, Bearer ${own}, ${own}` };
      const { platform } = await world(() => ({ [path]: { status: 400, body: echo } }));
      const said = describeFailure(await failureOf(readVersion(platform)));
      expect(said).toContain("Refused: [redacted], [redacted]");
      expect(said).not.toMatch(/probe's|probe%27s|token-7/u);
    }
  });
});

describe("a name", () => {
  const PUBLIC = "93.184.215.14";
  const V6 = (address: string): string => address;

  /** A server on this machine, and a name of the allow-list with its port that DNS answers like this. */
  async function named(replies: { v4: Reply; v6: Reply }) {
    const dns = await startDnsServer(replies);
    closing.push(dns.close);
    const own = await serveTcp("127.0.0.1");
    const http = client(`*.docuware.cloud:${own.port}`, true, dnsResolver([dns.address]));
    const url = new URL(`https://rebind.docuware.cloud:${own.port}/DocuWare/Platform`);
    return { ...own, asked: dns.asked, send: () => failureOf(http.send({ method: "GET", url })) };
  }

  test.each<[string, Reply, Reply]>([
    ["this machine", ["127.0.0.1"], []],
    ["a private network", ["10.0.0.4"], []],
    ["Azure's metadata", ["169.254.169.254"], []],
    ["Azure's platform", ["168.63.129.16"], []],
    ["a public address and a private one", [PUBLIC, "127.0.0.1"], []],
    ["a private address and a public one", ["127.0.0.1", PUBLIC], []],
    ["a public IPv4 and a private IPv6 address", [PUBLIC], [V6("0:0:0:0:0:0:0:1")]],
    ["IPv6 only: this machine", [], [V6("0:0:0:0:0:0:0:1")]],
    ["IPv6 only: link-local", "absent", [V6("fe80:0:0:0:0:0:0:1")]],
    ["IPv6 only: mapped", [], [V6("0:0:0:0:0:ffff:7f00:1")]],
    ["IPv6 only: NAT64", [], [V6("64:ff9b:0:0:0:0:7f00:1")]],
    ["IPv6 only: 6to4", [], [V6("2002:7f00:1:0:0:0:0:0")]],
  ])(
    "that resolves to %s is refused for good, without a connection and without telling the address",
    async (_, v4, v6) => {
      const { send, connections } = await named({ v4, v6 });
      const error = await send();
      expect(error).toBeInstanceOf(PermanentFailure);
      expect(describeFailure(error)).toBe(
        "The address must name a public host: rebind.docuware.cloud has an address that is not public.",
      );
      expect(connections()).toBe(0);
    },
  );

  test.each<[string, Reply, Reply]>([
    ["does not exist", "absent", "absent"],
    ["has no address", [], []],
    ["cannot be looked up", "broken", "broken"],
    ["is answered by half", ["127.0.0.1"], "broken"],
    ["is not answered", "silent", "silent"],
    ["has a public IPv4 address that does not answer", [PUBLIC], []],
    ["has a public IPv6 address that does not answer", [], [V6("2606:4700:0:0:0:0:0:1111")]],
  ])("that %s may do better later; nothing is sent elsewhere meanwhile", async (_, v4, v6) => {
    const { send, connections } = await named({ v4, v6 });
    expect(await send()).toBeInstanceOf(TransientFailure);
    expect(connections()).toBe(0);
  });

  test("that changes between check and use is asked once per connection, and judged at each", async () => {
    const replies = { v4: [PUBLIC] as readonly string[], v6: [] as readonly string[] };
    const { send, asked, connections } = await named(replies);
    const first = send();
    await expect.poll(() => asked.length).toBe(2);
    replies.v4 = ["127.0.0.1"];
    expect(await first).toBeInstanceOf(TransientFailure);
    expect(asked).toHaveLength(2);
    expect(await send()).toBeInstanceOf(PermanentFailure);
    expect(connections()).toBe(0);
  });
});

describe("an answer of an address in the settings", () => {
  test("of the control plane that redirects is not followed, and takes no token along", async () => {
    const elsewhere = await serveTcp("127.0.0.2");
    const server = await startTinyServer((_, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/x` }).end(),
    );
    const http = createHttpClient();
    closing.push(
      () => server.stop(),
      () => http.close(),
    );
    const plane = createHttpControlPlane({ baseUrl: server.url, http, clock, bearerToken: async () => "the-token-7" });
    expect(await failureOf(plane.status("alpine-foods"))).toBeInstanceOf(PermanentFailure);
    expect(elsewhere.connections()).toBe(0);
  });

  test("of the token issuer that names keys on another host lets nobody in", async () => {
    const elsewhere = await serveTcp("127.0.0.2");
    let issuer = "";
    const server = await startTinyServer((_, response) =>
      answerJson(response, { issuer, jwks_uri: `${elsewhere.url}/jwks` }),
    );
    issuer = server.url;
    closing.push(() => server.stop());
    const error = await failureOf(authenticator({ issuer, audience: "api://x", clock, isRole })("Bearer a.b.c"));
    expect(error).toBeInstanceOf(PermanentFailure);
    expect(describeFailure(error)).toContain("keys of the issuer are on another host");
    expect(elsewhere.connections()).toBe(0);
  });
});
