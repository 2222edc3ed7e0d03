import { beforeEach, describe, expect, test } from "vitest";
import { docuwareDate } from "../../../shared/docuware/platform-api/answers.ts";
import { chooseCabinet, chooseDialog } from "../../../shared/docuware/platform-api/cabinets.ts";
import { connectPlatform, readVersion } from "../../../shared/docuware/platform-api/platform.ts";
import { linkWithin, platformRoot, type PlatformTarget } from "../../../shared/docuware/platform-api/target.ts";
import { createTokenCache } from "../../../shared/docuware/platform-api/token-cache.ts";
import { trashItemOf } from "../../../shared/docuware/platform-api/trash.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { answer, CABINET, FakeDocuware, PASSWORD_TARGET, type Operation } from "./fake-docuware.ts";

let docuware: FakeDocuware;
beforeEach(() => {
  docuware = new FakeDocuware();
});
const connect = (target: PlatformTarget = PASSWORD_TARGET, tokens = createTokenCache(docuware.clock)) =>
  connectPlatform(target, { http: docuware, clock: docuware.clock, tokens });
const count = (operation: Operation): number => docuware.operations().filter((one) => one === operation).length;
const form = (): Record<string, string> =>
  Object.fromEntries(
    new URLSearchParams(String(docuware.calls.find((one) => one.operation === "token")?.request.body ?? "")),
  );

describe("logging in", () => {
  test("asks for a token with the user's password", async () => {
    await connect().open();
    expect(form()).toEqual({
      grant_type: "password",
      client_id: "docuware.platform.net.client",
      username: "probe",
      password: "pass-word-secret",
      scope: "docuware.platform",
    });
    expect(docuware.calls.map((one) => one.request.url.href)).toEqual([
      "https://alpine-foods.docuware.cloud/DocuWare/Platform/Home/IdentityServiceInfo",
      "https://login.docuware.cloud/42/.well-known/openid-configuration",
      "https://login.docuware.cloud/42/connect/token",
    ]);
  });

  test("asks for a token with an app registration", async () => {
    const credentials = { kind: "clientCredentials", clientId: "probe-client", clientSecret: "s3cret" } as const;
    await connect({ ...PASSWORD_TARGET, credentials }).open();
    expect(form()).toEqual({
      grant_type: "client_credentials",
      client_id: "probe-client",
      client_secret: "s3cret",
      scope: "docuware.platform",
    });
  });

  test.each([
    ["http://login.docuware.cloud/42", "must begin with https://"],
    ["https://user:pass@login.docuware.cloud", "must not carry user information"],
  ])("does not send credentials to %s", async (address, message) => {
    docuware.hook = (operation) => (operation === "info" ? answer(200, { IdentityServiceUrl: address }) : undefined);
    await expect(connect().open()).rejects.toThrow(message);
    expect(count("token")).toBe(0);
  });

  test("takes addresses relative to the host", async () => {
    docuware.hook = (operation) =>
      operation === "info"
        ? answer(200, { IdentityServiceUrl: "/DocuWare/Identity" })
        : operation === "discovery"
          ? answer(200, { token_endpoint: "/DocuWare/Identity/connect/token" })
          : undefined;
    await connect().open();
    expect(docuware.calls.at(-1)?.request.url.href).toBe(
      "https://alpine-foods.docuware.cloud/DocuWare/Identity/connect/token",
    );
  });

  test("a token that cannot be a header value is not believed", async () => {
    docuware.hook = (operation) => (operation === "token" ? answer(200, { access_token: "a\r\nb" }) : undefined);
    await expect(connect().open()).rejects.toBeInstanceOf(PermanentFailure);
  });
});

describe("platform address", () => {
  test.each(["https://a.docuware.cloud", "https://a.docuware.cloud/", "https://a.docuware.cloud/DocuWare/Platform"])(
    "%s is taken",
    (platformUrl) => {
      expect(platformRoot({ ...PASSWORD_TARGET, platformUrl }).href).toBe("https://a.docuware.cloud/");
    },
  );
  test.each(["nonsense", "http://a.docuware.cloud", "ftp://127.0.0.1", "https://a.docuware.cloud/other"])(
    "%s is refused with the organisation's name",
    (platformUrl) => {
      expect(() => platformRoot({ ...PASSWORD_TARGET, platformUrl })).toThrow(/alpine-foods must/);
    },
  );
});

describe("calls", () => {
  test("carry the token and ask for JSON", async () => {
    expect(await readVersion(connect())).toBe("7.12.1.100");
    expect(docuware.calls.at(-1)?.request.headers).toMatchObject({
      authorization: "Bearer token-3",
      accept: "application/json",
    });
  });

  test("share one login, also when they begin together", async () => {
    const platform = connect();
    await Promise.all([readVersion(platform), readVersion(platform), readVersion(platform)]);
    expect(count("token")).toBe(1);
  });

  test("a refused token leads to one login and one repeat, no more", async () => {
    const tokens = createTokenCache(docuware.clock);
    docuware.hook = (operation) => (operation === "version" ? answer(403, { Message: "Right missing." }) : undefined);
    await expect(readVersion(connect(PASSWORD_TARGET, tokens))).rejects.toThrow("403: Right missing.");
    expect([count("version"), count("token")]).toEqual([2, 2]);
  });

  test("never read HTML", async () => {
    docuware.hook = (operation) =>
      operation === "version"
        ? { status: 200, headers: { "content-type": "text/html" }, body: Buffer.from('{"Version":"7.1"}') }
        : undefined;
    await expect(readVersion(connect())).rejects.toBeInstanceOf(TransientFailure);
  });

  test("go to no other host", () => {
    const root = platformRoot(PASSWORD_TARGET);
    expect(linkWithin(root, "/DocuWare/Platform/FileCabinets").href).toBe(`${root.href}DocuWare/Platform/FileCabinets`);
    for (const link of [
      "//evil.example/x",
      "https://evil.example/DocuWare/Platform",
      "http://alpine-foods.docuware.cloud/",
    ]) {
      expect(() => linkWithin(root, link)).toThrow(PermanentFailure);
    }
  });

  test("an answer of another shape names the field, not its value", async () => {
    docuware.hook = (operation) => (operation === "version" ? answer(200, { Version: "secret-value" }) : undefined);
    const error: unknown = await readVersion(connect()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PermanentFailure);
    expect(String(error)).toContain("Version (invalid_format)");
    expect(String(error)).not.toContain("secret-value");
  });

  test("follow a host-relative link of the service", async () => {
    const { response } = await connect().call({ method: "GET", path: "/DocuWare/Platform/FileCabinets" });
    expect(response.status).toBe(200);
  });
});

describe("token cache", () => {
  const token = (value: string, lifeMs: number) => ({
    value,
    issuedAt: docuware.now,
    expiresAt: docuware.now + lifeMs,
  });
  const other = (organisationId: string): PlatformTarget => ({ ...PASSWORD_TARGET, organisationId });

  test("keeps a token until shortly before its end", async () => {
    const cache = createTokenCache(docuware.clock);
    await cache.get(PASSWORD_TARGET, async () => token("first", 3_600_000));
    docuware.now += 3_300_000 - 1;
    expect((await cache.get(PASSWORD_TARGET, async () => token("second", 3_600_000))).value).toBe("first");
    docuware.now += 1;
    expect((await cache.get(PASSWORD_TARGET, async () => token("second", 3_600_000))).value).toBe("second");
  });

  test("keeps organisations apart and drops the least used beyond its bound", async () => {
    const cache = createTokenCache(docuware.clock, 2);
    for (const id of ["a", "b"]) await cache.get(other(id), async () => token(id, 3_600_000));
    await cache.get(other("a"), async () => token("never", 3_600_000));
    await cache.get(other("c"), async () => token("c", 3_600_000));
    expect((await cache.get(other("a"), async () => token("new", 1))).value).toBe("a");
    expect((await cache.get(other("b"), async () => token("new", 3_600_000))).value).toBe("new");
  });

  test("a failed login is not kept, and an old token cannot drop a newer one", async () => {
    const cache = createTokenCache(docuware.clock);
    await expect(cache.get(PASSWORD_TARGET, () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    const first = await cache.get(PASSWORD_TARGET, async () => token("first", 3_600_000));
    cache.forget(PASSWORD_TARGET, first);
    await cache.get(PASSWORD_TARGET, async () => token("second", 3_600_000));
    cache.forget(PASSWORD_TARGET, first);
    expect((await cache.get(PASSWORD_TARGET, async () => token("third", 3_600_000))).value).toBe("second");
  });
});

describe("choices", () => {
  const cabinet = (id: string, isBasket: boolean, isDefault: boolean) => ({ id, name: id, isBasket, isDefault });
  const cabinets = [cabinet("tray", true, true), cabinet("first", false, false), cabinet("default", false, true)];
  test("the wanted cabinet, the default one, the first that is no tray", () => {
    expect(chooseCabinet(cabinets, "FIRST")?.id).toBe("first");
    expect(chooseCabinet(cabinets, "gone")).toBeUndefined();
    expect(chooseCabinet(cabinets, undefined)?.id).toBe("default");
    expect(chooseCabinet(cabinets.slice(0, 2), undefined)?.id).toBe("first");
    expect(chooseCabinet(cabinets.slice(0, 1), undefined)).toBeUndefined();
  });

  test("the default dialog of the type, never a mobile or internal copy", () => {
    const dialog = (id: string, type: string, isDefault: boolean, isForMobile = false) => ({
      id,
      type,
      isDefault,
      isForMobile,
    });
    const dialogs = [
      dialog("i_1", "Search", true),
      dialog("m", "Search", true, true),
      dialog("s1", "Search", false),
      dialog("s2", "Search", true),
      dialog("t1", "Store", false),
    ];
    expect(chooseDialog(dialogs, "Search")?.id).toBe("s2");
    expect(chooseDialog(dialogs, "Store")?.id).toBe("t1");
    expect(chooseDialog(dialogs.slice(0, 2), "Search")).toBeUndefined();
  });

  test("the trash item of the cabinet, or the only one with the number", () => {
    const item = (id: string) => ({ id, cells: [id] });
    const own = item(`tr_${CABINET}-7`);
    expect(trashItemOf([item("tr_other-7"), own, item(`tr_${CABINET}-17`)], CABINET, 7)).toBe(own);
    expect(trashItemOf([item("tr_other-7")], CABINET, 7)?.id).toBe("tr_other-7");
    expect(trashItemOf([item("tr_other-7"), item("tr_another-7")], CABINET, 7)).toBeUndefined();
    expect(trashItemOf([item("tr_other-17")], CABINET, 7)).toBeUndefined();
  });
});

test.each([
  ["/Date(1700000000000)/", 1_700_000_000_000],
  ["/Date(1700000000000+0200)/", 1_700_000_000_000],
  ["/Date(-62135596800000)/", undefined],
  ["2024-01-31", undefined],
  [null, undefined],
])("DocuWare's date %s is %s", (text, expected) => {
  expect(docuwareDate(text)).toBe(expected);
});
