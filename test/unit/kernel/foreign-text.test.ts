import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeFailure } from "../../../shared/kernel/failures.ts";
import { foreignText, redacted } from "../../../shared/kernel/foreign-text.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwcm9iZSJ9.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tqK1SZFPTOtrKBHBeksoGMGw==";

describe("what looks like a secret is hidden", () => {
  test.each([
    [`The token ${JWT} has expired`, JWT],
    [`Bearer ${JWT}`, JWT],
    ["Authorization: Bearer opaque-token-7 was refused", "opaque-token-7"],
    ["authorization: bearer abcdefgh", "abcdefgh"],
    ["Authorization: Basic cHJvYmU6c2VjcmV0MQ==", "cHJvYmU6c2VjcmV0MQ"],
    ["grant_type=client_credentials&client_id=probe&client_secret=s3cr3t-value&scope=x", "s3cr3t-value"],
    ["client_secret%3Ds3cr3t-value", "s3cr3t-value"],
    ["password=hunter2", "hunter2"],
    ["Password: hunter2", "hunter2"],
    ['{"client_secret":"a b \\" c","other":1}', 'a b \\" c'],
    ['{\\"password\\": \\"hunter2\\"}', "hunter2"],
    ['{"access_token": "opaque", "expires_in": 3600}', "opaque"],
    ["https://h.example/x?sig=abc%2Bdef&sv=2024", "abc%2Bdef"],
    ["https://h.example/api/f?code=abcDEF123==", "abcDEF123"],
    ["https://h.example/?a=1&key=abc", "abc"],
    [`DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=${KEY};EndpointSuffix=core.windows.net`, KEY],
    [`Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${KEY}`, KEY],
    [`endpoint=https://acs.example/;accesskey=${KEY}`, KEY],
    ["Server=tcp:db;User ID=sa;Pwd=hunter2;Encrypt=true", "hunter2"],
    ["SharedAccessSignature sr=x&sig=abc&se=1", "abc"],
    ["https://probe:hunter2@a.docuware.cloud/x", "hunter2"],
    ["x-functions-key: abcdef0123456789", "abcdef0123456789"],
    ["Ocp-Apim-Subscription-Key: abcdef0123456789", "abcdef0123456789"],
    ["Set-Cookie: session=abcdef; Path=/", "abcdef"],
    ["Cookie: .DWPLATFORMAUTH=abcdef; other=ghijkl", "ghijkl"],
    ["signed with whsec_c2VjcmV0", "c2VjcmV0"],
    ["the secret abc8Q~AbCdEfGhIjKlMnOpQrStUvWxYz012345 is wrong", "AbCdEfGh"],
    [`the key ${KEY} is wrong`, "Eby8vdM02xNOcq"],
    [`-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----`, "MIIEvQ"],
    ["refresh_token = abc123", "abc123"],
    ["api_key:'abc'", "abc"],
  ])("%s", (text, secret) => {
    for (const safe of [foreignText(text, 1000), redacted(text), describeFailure(new Error(text))]) {
      expect(safe).not.toContain(secret);
      expect(safe).toContain("[redacted]");
    }
    // Nothing more is hidden the second time.
    expect(foreignText(foreignText(text, 1000), 1000)).toBe(foreignText(text, 1000));
  });

  test.each([
    'Right "Delete documents" restricts the operation for user "probe"',
    "invalid_grant: invalid_username_or_password",
    "None of the registered licenses are available for client PlatformService",
    "The password has expired. The token is missing. No key was sent.",
    "Bearer token is missing; Bearer authentication failed; Basic functions work",
    "GET https://a.docuware.cloud/DocuWare/Platform/FileCabinets/11111111-2222-3333-4444-555555555555/Documents/66 was answered 404",
    "wrongState: organisation alpine-foods is offline (operation c-0123456789abcdef:alpine-foods:3)",
    "error code: 500, status=Failed; version=7.12.1.100",
    "Die Organisation ist gesperrt: bitte später erneut versuchen 😀",
    "The claim session:0f8fad5b-d9cb-469f-a165-70867728950e is not accepted",
  ])("what support needs to read stays: %s", (text) => {
    expect(foreignText(text, 1000)).toBe(text);
  });
});

describe("what was sent is hidden, in every form", () => {
  test.each([
    ["password is p@ss w/rd!", "p@ss w/rd!"],
    ["got p%40ss%20w%2Frd! and p%40ss+w%2Frd!", "p@ss w/rd!"],
    ['{"value":"with \\"quotes\\" inside"}', 'with "quotes" inside'],
    ["the user local was refused", "local"],
    ["token-3 is not valid", "token-3"],
  ])("%s", (text, secret) => {
    const safe = foreignText(text, 1000, [secret]);
    expect(safe).toContain("[redacted]");
    expect(safe).not.toContain(secret);
    expect(safe).not.toContain(encodeURIComponent(secret));
  });

  test("but not a part of a word, and no single letters", () => {
    expect(foreignText("localhost is not local", 100, ["local", "s", ""])).toBe("localhost is not [redacted]");
  });

  test("also when it was written with characters that nobody sees", () => {
    expect(foreignText("the secret hun\u200bter2\u00adxyz", 100, ["hunter2xyz"])).toBe("the secret [redacted]");
  });
});

describe("a foreign text", () => {
  test("is one line without control and direction characters", () => {
    expect(foreignText("a\r\nb\u0000\u001b[31mc\u202edf\u2028g\u200b ", 100)).toBe("a b [31mcdf g");
  });

  test("keeps its lines where they are wanted, and nothing that turns them round", () => {
    expect(redacted("a\u202eb\u2066\u200b\ud83d\ude00\r\nc\u0007\u2028d")).toBe("ab\ud83d\ude00\ncd");
  });

  test("hides secrets that have German names", () => {
    expect(redacted("Anmeldung mit Passwort=GEHEIM9 und Kennwort: GEHEIM8")).not.toContain("GEHEIM");
  });

  test("is never cut inside a secret: it is hidden first", () => {
    expect(foreignText(`${"x".repeat(20)} client_secret=abcdefghijklmnop`, 40)).not.toContain("abc");
    expect(foreignText(`${"x ".repeat(3_990)}client_secret=${"s3cr3t".repeat(20)}`, 9_000)).not.toContain("s3cr3t");
  });

  test("is bounded, well-formed and quick, whatever comes", () => {
    const piece = fc.constantFrom(
      "a",
      "😀",
      "\ud83d",
      "=",
      "token",
      "Bearer ",
      "eyJ",
      ".",
      '"',
      "\\",
      "://",
      "@",
      "&",
      "key:",
      "A1",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), fc.integer({ min: 1, max: 300 }), (pieces, most) => {
        const safe = foreignText(pieces.join(""), most, ["A1token"]);
        expect(safe.isWellFormed()).toBe(true);
        expect(safe.length).toBeLessThanOrEqual(most);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test.each(["a.", "token", "a1B", '"', "://a", "password=", "eyJabcde.", "Bearer ", " "])(
    "of 4 MB of %j takes no longer than its beginning",
    (piece) => {
      const text = piece.repeat(4_000_000 / piece.length);
      const before = performance.now();
      foreignText(text, 300, ["pass-word-secret"]);
      expect(performance.now() - before).toBeLessThan(1_000);
    },
  );
});
