// HTTP triggers as measured on the real host.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture, runApp, startApp, type RunningApp } from "./fixture.ts";

const SOURCE = `
const echo = async (req, context) => ({ jsonBody: {
  name: context.functionName, params: req.params, query: Object.fromEntries(req.query), method: req.method,
  headers: Object.fromEntries(req.headers), url: req.url, metadata: context.triggerMetadata ?? "none",
  body: req.body === null ? null : await req.text() } });
const on = (name, route, extra = {}) => app.http(name, { route, authLevel: "anonymous", handler: echo, ...extra });
on("plain");
on("deep", "deep/{first}/of/{second}/list.csv");
on("b-order", "order/{id}");
on("c-order", "order/literal");
on("putOnly", "verb", { methods: ["PUT"] });
on("deleteOnly", "verb", { methods: ["DELETE"] });
on("adminRoute", "administration/x");
on("runtimeRoute", "runtime");
on("twice1", "twice/{id}");
on("twice2", "Twice/{id}", { methods: ["GET"] });
on("post", "post", { methods: ["POST"] });
app.http("throws", { authLevel: "anonymous", handler: () => { throw new Error("boom"); } });
app.http("nothing", { authLevel: "anonymous", handler: () => {} });
app.http("number", { authLevel: "anonymous", handler: () => 5 });
app.http("teapot", { authLevel: "anonymous", handler: () => ({ status: 418, body: "short", headers: { "x-own": "1" } }) });
app.http("cookie", { authLevel: "anonymous", handler: () => ({ cookies: [{ name: "c", value: "a" }] }) });
app.http("stream", { authLevel: "anonymous", handler: () => ({ body: new ReadableStream({ async start(c) {
  for (const part of ["one ", "two ", "three"]) { c.enqueue(new TextEncoder().encode(part)); await new Promise((r) => setTimeout(r, 5)); }
  c.close(); } }) }) });
app.http("logs", { authLevel: "anonymous", handler: (req, context) => {
  context.log("plain", { a: 1 }); context.warn("careful"); context.debug("hidden"); return { body: "ok" }; } });
`;

let running: RunningApp;
beforeAll(async () => {
  const fixture = await buildFixture({ source: SOURCE });
  running = await startApp(fixture, { settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000" } });
});
afterAll(async () => {
  await running.host.stop();
  running.fixture.remove();
});

const status = async (path: string, init?: RequestInit): Promise<number> =>
  (await fetch(running.url + path, init)).status;
const json = async (path: string, init?: RequestInit): Promise<Record<string, unknown>> => {
  const response = await fetch(running.url + path, init);
  expect(response.status).toBe(200);
  const body: unknown = await response.json();
  return Object.fromEntries(Object.entries(body ?? {}));
};

describe("routes", () => {
  test.each([
    ["/api/deep/a/of/b/list.csv", 200],
    ["/api/deep/a/of/b/list", 404],
    ["/api/deep//of/b/list.csv", 404],
    ["/api/deep/a/of/b/list.csv/more", 404],
    ["/API/Plain/", 200],
    ["/plain", 404],
    ["/api/unknown", 404],
    ["/api/administration/x", 404],
    ["/api/runtime", 404],
    ["/", 404],
  ])("%s answers %i", async (path, expected) => {
    expect(await status(path)).toBe(expected);
  });

  test("an unknown path has an empty body", async () => {
    const response = await fetch(`${running.url}/api/unknown`);
    expect(await response.text()).toBe("");
  });

  test("route parameters arrive decoded", async () => {
    expect((await json("/api/deep/a%20b/of/%C3%BC/LIST.csv"))["params"]).toEqual({ first: "a b", second: "ü" });
  });

  test("overlapping routes are tried in the order of the function names, not by template precedence", async () => {
    expect((await json("/api/order/literal"))["name"]).toBe("b-order");
  });

  test("a wrong method is 404, two functions may share a route with other methods", async () => {
    expect(await status("/api/verb")).toBe(404);
    expect((await json("/api/verb", { method: "PUT" }))["name"]).toBe("putOnly");
    expect((await json("/api/verb", { method: "DELETE" }))["name"]).toBe("deleteOnly");
    expect(await status("/api/plain", { method: "HEAD" })).toBe(404);
    expect(await status("/api/plain", { method: "OPTIONS" })).toBe(404);
  });

  test("reserved and conflicting routes put only their function in error", () => {
    const errors = Object.fromEntries(
      running.host.functions().flatMap((fn) => (fn.error === undefined ? [] : [[fn.name, fn.error]])),
    );
    expect(errors).toEqual({
      adminRoute: "The specified route conflicts with one or more built in routes.",
      runtimeRoute: "The specified route conflicts with one or more built in routes.",
      twice2: "The route specified conflicts with the route defined by function 'twice1'.",
    });
    expect(running.lines.some((line) => line.includes("The 'twice2' function is in error"))).toBe(true);
  });
});

describe("requests", () => {
  test("repeated query keys come joined, headers in lower case, no trigger metadata", async () => {
    const seen = await json("/api/plain?a=1&a=2&b=", { headers: { "X-Mixed-Case": "Value" } });
    expect(seen).toMatchObject({ query: { a: "1,2", b: "" }, metadata: "none", body: null, method: "GET" });
    expect(seen["headers"]).toMatchObject({ "x-mixed-case": "Value" });
    expect(seen["url"]).toBe(`${running.url}/api/plain?a=1&a=2&b=`);
  });

  test("a body with Content-Length arrives, a chunked one is dropped", async () => {
    expect((await json("/api/post", { method: "POST", body: "grüezi" }))["body"]).toBe("grüezi");
    const body = await new Promise<string>((resolve, reject) => {
      const chunked = request(`${running.url}/api/post`, {
        method: "POST",
        headers: { "Transfer-Encoding": "chunked" },
      });
      chunked.on("response", (response) => {
        let text = "";
        response.on("data", (chunk) => (text += String(chunk))).on("end", () => resolve(text));
      });
      chunked.on("error", reject);
      chunked.write("part one");
      chunked.end("part two");
    });
    expect(JSON.parse(body)).toMatchObject({ body: null });
  });

  test("a body above the limit is 500, not 413", async () => {
    expect(await status("/api/post", { method: "POST", body: "x".repeat(1000) })).toBe(200);
    expect(await status("/api/post", { method: "POST", body: "x".repeat(1001) })).toBe(500);
  });
});

describe("responses", () => {
  test("status, headers, chunked body", async () => {
    const response = await fetch(`${running.url}/api/teapot`);
    expect([response.status, await response.text()]).toEqual([418, "short"]);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "x-own": "1",
      server: "Kestrel",
      "transfer-encoding": "chunked",
    });
    expect(headers).not.toHaveProperty("content-length");
  });

  test("a stream is sent whole", async () => {
    expect(await (await fetch(`${running.url}/api/stream`)).text()).toBe("one two three");
  });

  test("a handler that throws is an empty 500, nothing is 204, a number is 500", async () => {
    const thrown = await fetch(`${running.url}/api/throws`);
    expect([thrown.status, await thrown.text()]).toEqual([500, ""]);
    expect(await status("/api/nothing")).toBe(204);
    expect(await status("/api/number")).toBe(500);
    // A feature that the app does not use and this host does not have.
    expect(await status("/api/cookie")).toBe(500);
  });

  test("the log has the real host's categories and hides debug", async () => {
    await fetch(`${running.url}/api/logs`);
    const own = running.lines.filter((line) => line.includes("Function.logs"));
    expect(own[0]).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] info Function\.logs Executing 'Functions\.logs'/u);
    expect(own[1]).toMatch(/ info Function\.logs\.User plain \{ a: 1 \}$/u);
    expect(own[2]).toMatch(/ warn Function\.logs\.User careful$/u);
    expect(own[3]).toMatch(/Executed 'Functions\.logs' \(Succeeded, Id=[\da-f-]+, Duration=\d+ms\)$/u);
    expect(own).toHaveLength(4);
  });
});

test("an empty route prefix serves at the root, and /api is unknown", async () => {
  const app = await runApp({
    source: `app.http("x", { handler: () => ({ body: "root" }) });`,
    hostJson: { version: "2.0", extensions: { http: { routePrefix: "" } } },
  });
  expect(await (await fetch(`${app.url}/x`)).text()).toBe("root");
  expect((await fetch(`${app.url}/api/x`)).status).toBe(404);
});
