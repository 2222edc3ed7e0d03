// One POST over the real network stack: the connection goes to the checked address and nowhere else, TLS is for the host
// name, nothing is followed, everything ends.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as createTcpServer, type Server } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { postOnce } from "../../../shared/platform/outbound/lazy-post.ts";
import { startTinyServer, type TinyServer } from "../../unit/docuware/tiny-server.ts";
import { listen } from "../../support/listen.ts";

const PEM = readFileSync(new URL("fixtures/hooks.example.com.pem", import.meta.url), "utf8");

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(handle: Parameters<typeof startTinyServer>[0]): Promise<TinyServer & { readonly port: string }> {
  const server = await startTinyServer(handle);
  closing.push(() => server.stop());
  return { ...server, port: new URL(server.url).port };
}

async function served(server: Server): Promise<number> {
  closing.push(() => void server.close());
  return listen(server);
}

const send = (url: string, { timeoutMs = 5000, addresses = ["127.0.0.1"] } = {}) =>
  postOnce(
    { target: { url: new URL(url), addresses }, headers: { "webhook-id": "msg_1" }, body: '{"a":1}' },
    AbortSignal.timeout(timeoutMs),
  );

const failureOf = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => "answered",
    (error: unknown) => error,
  );

describe("a POST", () => {
  test("brings headers and body, and its answer's status and headers back", async () => {
    const server = await serve((_, response) => response.writeHead(202, { "retry-after": "7" }).end("thanks"));
    const answer = await send(`${server.url}/events`);
    expect(answer).toMatchObject({ statusCode: 202, headers: { "retry-after": "7" }, excerpt: "" });
    expect(server.seen).toMatchObject([{ method: "POST", path: "/events", headers: { "webhook-id": "msg_1" } }]);
    expect(server.seen[0]?.body.toString()).toBe('{"a":1}');
  });

  test("goes to the checked address whatever the name would resolve to, and names the host", async () => {
    const server = await serve((_, response) => response.writeHead(204).end());
    // No DNS knows this name: a look-up would fail.
    expect(await send(`http://hooks.invalid:${server.port}/x`)).toMatchObject({ statusCode: 204 });
    expect(server.seen[0]?.headers.host).toBe(`hooks.invalid:${server.port}`);
  });

  test("is refused by nobody listening, by a broken connection and without an address: transient failures", async () => {
    const server = await serve((_, response) => response.destroy());
    expect(await failureOf(send(server.url))).toBeInstanceOf(TransientFailure);
    await server.stop();
    const refused = await failureOf(send(server.url));
    expect(refused).toBeInstanceOf(TransientFailure);
    expect(String(refused)).toMatch(
      /^TransientFailure: POST http:\/\/127\.0\.0\.1:\d+\/ got no complete answer \(ECONNREFUSED\)/u,
    );
  });

  test("does not follow a redirect", async () => {
    const server = await serve((seen, response) =>
      response.writeHead(seen.path === "/x" ? 307 : 200, { location: "/elsewhere" }).end("go there"),
    );
    expect(await send(`${server.url}/x`)).toMatchObject({ statusCode: 307, excerpt: "go there" });
    expect(server.seen).toHaveLength(1);
  });

  test("to an endpoint that is silent ends with its deadline", async () => {
    const server = await serve(() => undefined);
    const error = await failureOf(send(`${server.url}/x`, { timeoutMs: 100 }));
    expect(error).toBeInstanceOf(TransientFailure);
    expect(String(error)).toContain(`POST ${server.url}/x was not answered in time.`);
  });

  test("a success whose body never ends is a success at once; a failure's ends with the deadline", async () => {
    const server = await serve((seen, response) =>
      response.writeHead(seen.path === "/good" ? 200 : 500).write("begin"),
    );
    expect(await send(`${server.url}/good`)).toMatchObject({ statusCode: 200 });
    expect(await send(`${server.url}/bad`, { timeoutMs: 100 })).toMatchObject({ statusCode: 500, excerpt: "begin" });
  });

  test("of a long answer only 200 characters on one line are read, and the connection ends", async () => {
    let sent = 0;
    const server = await serve((_, response) => {
      response.writeHead(400);
      const more = (): void => {
        if (response.destroyed || sent > 50_000_000) return;
        sent += 65_536;
        if (response.write("a\tb\r\n\u0000 ".repeat(8192))) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    const { excerpt } = await send(server.url);
    expect(excerpt).toMatch(/^(a b )+a? ?b?…$/u);
    expect(excerpt.length).toBeLessThanOrEqual(200);
    expect(sent).toBeLessThan(50_000_000);
  });

  test("to something that is no HTTP server, or sends endless headers, is a transient failure", async () => {
    for (const text of ["SSH-2.0-OpenSSH\r\n", `HTTP/1.1 200 OK\r\n${"x-y: z\r\n".repeat(10_000)}`]) {
      const port = await served(createTcpServer((socket) => socket.on("error", () => undefined).end(text)));
      expect(await failureOf(send(`http://127.0.0.1:${port}/`))).toBeInstanceOf(TransientFailure);
    }
  });
});

describe("TLS", () => {
  const serveTls = () =>
    listen(
      createServer({ cert: PEM, key: PEM }, (request, response) =>
        response.writeHead(204, { "x-name": servername(request.socket) }).end(),
      ),
    );
  const servername = (socket: object): string => String("servername" in socket ? socket.servername : "none");

  test("is for the host name, not for the address: SNI and certificate", async () => {
    const port = await serveTls();
    setDefaultCACertificates([...getCACertificates("default"), PEM]);
    expect(await send(`https://hooks.example.com:${port}/`)).toMatchObject({
      statusCode: 204,
      headers: { "x-name": "hooks.example.com" },
    });
    const other = await failureOf(send(`https://other.example.com:${port}/`));
    expect(other).toBeInstanceOf(TransientFailure);
    expect(String(other)).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("with a certificate that nobody vouches for is refused", async () => {
    setDefaultCACertificates(getCACertificates("bundled"));
    const error = await failureOf(send(`https://hooks.example.com:${await serveTls()}/`));
    expect(error).toBeInstanceOf(TransientFailure);
    expect(String(error)).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/u);
  });

  test("with a server that never answers the handshake ends with the deadline", async () => {
    const port = await served(createTcpServer((socket) => closing.push(() => void socket.destroy())));
    expect(await failureOf(send(`https://hooks.example.com:${port}/`, { timeoutMs: 100 }))).toBeInstanceOf(
      TransientFailure,
    );
  });
});

test("no connection outlives its POST", async () => {
  let open = 0;
  const port = await served(
    createTcpServer((socket) => {
      open += 1;
      socket.on("error", () => undefined).once("close", () => (open -= 1));
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    }),
  );
  for (let n = 0; n < 3; n++) await send(`http://127.0.0.1:${port}/`);
  // undici would keep one for four seconds.
  await expect.poll(() => open, { timeout: 2000 }).toBe(0);
});
