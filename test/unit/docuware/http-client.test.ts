import { afterEach, describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import type { HttpClient } from "../../../shared/platform/http-client/http-client.ts";
import { createHttpClient } from "../../../shared/platform/http-client/lazy-http-client.ts";
import { startTinyServer, type TinyServer } from "./tiny-server.ts";

let server: TinyServer;
let http: HttpClient;
const serve = async (handle: Parameters<typeof startTinyServer>[0]): Promise<URL> => {
  server = await startTinyServer(handle);
  http = createHttpClient({ timeoutMs: 2_000, maxBodyBytes: 1_000 });
  return new URL(`${server.url}/path?token=secret`);
};
afterEach(async () => {
  await http.close();
  await server.stop();
});

const failure = async (sent: Promise<unknown>): Promise<Error> => {
  const error: unknown = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error("The request was answered.");
};

describe("HTTP client", () => {
  test("sends method, headers and body, and answers any status with headers and body", async () => {
    const url = await serve((_, response) => response.writeHead(418, { "x-some": "thing" }).end("short and stout"));
    const answer = await http.send({ method: "POST", url, headers: { "x-a": "1" }, body: Buffer.from([1, 2, 255]) });
    expect(answer).toMatchObject({ status: 418, headers: { "x-some": "thing" } });
    expect(Buffer.from(answer.body).toString()).toBe("short and stout");
    expect(server.seen[0]).toMatchObject({
      method: "POST",
      path: "/path?token=secret",
      body: Buffer.from([1, 2, 255]),
    });
    expect(server.seen[0]?.headers["x-a"]).toBe("1");
  });

  test("does not follow redirects", async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    expect((await http.send({ method: "GET", url })).status).toBe(302);
    expect(server.seen).toHaveLength(1);
  });

  test("keeps connections for the next requests", async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((_, response) => {
      ports.add(response.socket?.remotePort);
      response.end("x");
    });
    for (let n = 0; n < 20; n += 1) await http.send({ method: "GET", url });
    // undici may open a second one while it still puts the first one back.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test("a silent server is a transient failure at the deadline, without the query in its text", async () => {
    const url = await serve(() => undefined);
    const error = await failure(http.send({ method: "GET", url, timeoutMs: 50 }));
    expect(error).toBeInstanceOf(TransientFailure);
    expect(error.message).toBe(`GET ${server.url}/path was not answered within 50 ms.`);
  });

  test("a body that never ends is a transient failure at the deadline", async () => {
    const url = await serve((_, response) => response.writeHead(200).write("begin"));
    expect(await failure(http.send({ method: "GET", url, timeoutMs: 50 }))).toBeInstanceOf(TransientFailure);
  });

  test("an answer over the limit is a permanent failure", async () => {
    const url = await serve((_, response) => response.end("x".repeat(1_001)));
    const error = await failure(http.send({ method: "GET", url }));
    expect(error).toBeInstanceOf(PermanentFailure);
    expect(error.message).toContain("more than 1000 bytes");
  });

  test("a connection that breaks is a transient failure", async () => {
    const url = await serve((_, response) => response.destroy());
    expect(await failure(http.send({ method: "GET", url }))).toBeInstanceOf(TransientFailure);
  });

  test("a closed port is a transient failure that names the cause", async () => {
    const url = await serve((_, response) => response.end());
    await server.stop();
    const error = await failure(http.send({ method: "GET", url }));
    expect(error).toBeInstanceOf(TransientFailure);
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("the caller's signal ends the exchange, also when it was aborted before", async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort());
    expect(await failure(http.send({ method: "GET", url, signal: stop.signal }))).toBeInstanceOf(TransientFailure);
    expect(await failure(http.send({ method: "GET", url, signal: stop.signal }))).toBeInstanceOf(TransientFailure);
    expect(server.seen).toHaveLength(1);
  });

  test("a request that cannot be sent is a permanent failure", async () => {
    const url = await serve((_, response) => response.end());
    const withUser = new URL(url);
    withUser.password = "hunter2";
    const error = await failure(http.send({ method: "GET", url: withUser }));
    expect(error).toBeInstanceOf(PermanentFailure);
    expect(error.message).not.toContain("hunter2");
    const header = http.send({ method: "GET", url, headers: { "x-a": "line\nbreak" } });
    expect(await failure(header)).toBeInstanceOf(PermanentFailure);
    expect(await failure(http.send({ method: "GET", url: new URL("ftp://x/") }))).toBeInstanceOf(PermanentFailure);
  });
});
