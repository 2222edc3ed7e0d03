// What a caller of the freezes' HTTP API sees.

import { expect, test } from "vitest";
import { freezeEndpoints } from "../../../functions/http/freezes.ts";
import { freezeVerbs } from "../../../shared/freezes/verbs.ts";
import { Problem, problemDocument } from "../../../shared/platform/http/problems.ts";
import { createWorld, yearly } from "./support.ts";

const body = { reason: "year end", scope: { kind: "global" }, period: yearly("12-15", "01-06") };

async function api(organisations: number) {
  const endpoints = freezeEndpoints(freezeVerbs(await createWorld(organisations)));
  return async (name: string, request: { id?: string; body?: unknown; query?: object; ifMatch?: string } = {}) => {
    const endpoint = endpoints.find((one) => one.name === name);
    if (endpoint === undefined) throw new Error(`There is no endpoint ${name}.`);
    const valid = endpoint.validate({
      params: request.id === undefined ? {} : { freezeId: request.id },
      query: request.query ?? {},
      body: request.body,
      caller: {
        actor: { kind: "tool", clientId: "operator-a" },
        roles: [endpoint.role === "public" ? "Checks.Run" : endpoint.role],
      },
      headers: request.ifMatch === undefined ? {} : { ifMatch: request.ifMatch },
    });
    const answer = valid instanceof Problem ? valid : await valid.act();
    return answer instanceof Problem ? problemDocument(answer, "trace") : answer;
  };
}

test("a freeze is entered, listed, read, replaced and removed", async () => {
  const call = await api(20);
  const dry = await call("put-freeze", { id: "year-end", body, query: { dryRun: "true" } });
  expect(dry).toMatchObject({ status: 200, body: { dryRun: true, organisationsInScope: 20 } });
  expect(await call("get-freeze", { id: "year-end" })).toMatchObject({ status: 404, code: "freezeUnknown" });
  expect(await call("put-freeze", { id: "year-end", body })).toMatchObject({ status: 201 });
  const read = await call("get-freeze", { id: "year-end" });
  expect(read).toMatchObject({ status: 200, body: { freezeId: "year-end", ...body } });
  const etag = "headers" in read ? (read.headers?.etag ?? "") : "";
  expect(await call("list-freezes")).toMatchObject({ body: { items: [{ freezeId: "year-end" }] } });
  const changed = { ...body, reason: "longer" };
  expect(await call("put-freeze", { id: "year-end", body: changed })).toMatchObject({ status: 428 });
  expect(await call("put-freeze", { id: "year-end", body: changed, ifMatch: "x" })).toMatchObject({ status: 412 });
  expect(await call("put-freeze", { id: "year-end", body: changed, ifMatch: etag })).toMatchObject({ status: 200 });
  expect(await call("delete-freeze", { id: "year-end" })).toMatchObject({ status: 428 });
  expect(await call("delete-freeze", { id: "year-end", ifMatch: etag })).toMatchObject({ status: 412 });
  expect(await call("delete-freeze", { id: "year-end", ifMatch: "*" })).toMatchObject({ status: 204 });
  expect(await call("delete-freeze", { id: "year-end", ifMatch: "*" })).toMatchObject({ status: 404 });
});

test("a freeze that leaves organisations without windows is refused with ten names and how many more", async () => {
  const call = await api(30);
  const tooLong = { ...body, period: yearly("05-01", "08-31") };
  for (const query of [{}, { dryRun: "true" }]) {
    const refused = await call("put-freeze", { id: "summer", body: tooLong, query });
    expect(refused).toMatchObject({ status: 409, code: "tooFewWindows" });
    const detail = "detail" in refused ? refused.detail : "";
    expect(detail).toMatch(
      /^30 of 30 organisations could no longer be upgraded: (?:[a-z-]+, ){9}[a-z-]+ and 20 more\. /u,
    );
  }
  expect(await call("list-freezes")).toMatchObject({ body: { items: [] } });
});

test.each([
  ["a zone that does not exist", { ...body, period: { ...body.period, zone: "Mars/Olympus" } }, "/body/period/zone"],
  [
    "an end before its start",
    { ...body, period: { kind: "once", zone: "UTC", from: "2027-05-02T00:00", to: "2027-05-01T00:00" } },
    "/body/period/to",
  ],
  [
    "an end in the past",
    { ...body, period: { kind: "once", zone: "UTC", from: "2020-05-01T00:00", to: "2020-05-02T00:00" } },
    "/body/period/to",
  ],
  [
    "an organisation that nobody registered",
    { ...body, scope: { kind: "organisation", organisationId: "nobody" } },
    "/body/scope",
  ],
])("%s is refused where it stands", async (_name, wrong, pointer) => {
  const call = await api(1);
  expect(await call("put-freeze", { id: "f-1", body: wrong })).toMatchObject({ status: 400, errors: [{ pointer }] });
});
