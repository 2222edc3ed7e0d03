// Which addresses of organisations are taken: every way in which a text may name another place than it seems to.

import { describe, expect, test } from "vitest";
import { linkWithin, parsePlatformUrl, secureUrl } from "../../../shared/docuware/platform-api/target.ts";
import { parseHosts } from "../../../shared/platform/outbound/address.ts";

const hosts = parseHosts("*.docuware.cloud, login.example.com, gate.example.com:8443");
if (!hosts.ok) throw new Error(hosts.error);
const PRODUCTION = { hosts: hosts.value, allowLocal: false };
const DEVELOPMENT = { hosts: hosts.value, allowLocal: true };

const URL_NEEDED = /absolute URL/u;
const HTTPS = /https URL/u;
const USER = /user name or password/u;
const NUMBER = /not an IP address/u;
const PUBLIC = /public host/u;
const LISTED =
  /one of the hosts that the settings allow \(\*\.docuware\.cloud, login\.example\.com, gate\.example\.com:8443\)/u;
const PLAIN = /no blanks, control characters and backslashes/u;
const QUERY = /no query/u;
const ROOT = /root of its host/u;

const REFUSED: readonly (readonly [string, RegExp])[] = [
  // Not an address of a host.
  ["", URL_NEEDED],
  ["alpine.docuware.cloud", URL_NEEDED],
  ["//alpine.docuware.cloud", URL_NEEDED],
  ["/DocuWare/Platform", URL_NEEDED],
  ["https:alpine.docuware.cloud", URL_NEEDED],
  ["https:/alpine.docuware.cloud", URL_NEEDED],
  ["https:///alpine.docuware.cloud", URL_NEEDED],
  ["https://", URL_NEEDED],
  [`https://alpine.docuware.cloud/${"x".repeat(500)}`, URL_NEEDED],
  ["javascript:alert(1)", URL_NEEDED],
  ["data:text/plain,x", URL_NEEDED],
  // Other schemes.
  ["http://alpine.docuware.cloud", HTTPS],
  ["http://127.0.0.1:20001", HTTPS],
  ["http://localhost", HTTPS],
  ["ftp://alpine.docuware.cloud", HTTPS],
  ["ws://alpine.docuware.cloud", HTTPS],
  ["gopher://alpine.docuware.cloud", HTTPS],
  ["file:///etc/passwd", HTTPS],
  ["file://alpine.docuware.cloud/x", HTTPS],
  // User information, and hosts that look like one.
  ["https://probe:secret@alpine.docuware.cloud", USER],
  ["https://probe@alpine.docuware.cloud", USER],
  ["https://@alpine.docuware.cloud", USER],
  ["https://alpine.docuware.cloud@evil.example", USER],
  ["https://alpine.docuware.cloud:443@evil.example", USER],
  ["https://alpine.docuware.cloud%40evil.example", URL_NEEDED],
  // Numbers, in every spelling.
  ["https://93.184.215.14", NUMBER],
  ["https://127.0.0.1", NUMBER],
  ["https://10.0.0.4", NUMBER],
  ["https://169.254.169.254/", NUMBER],
  ["https://168.63.129.16/", NUMBER],
  ["https://2852039166/", NUMBER],
  ["https://0xa9fea9fe/", NUMBER],
  ["https://0xa9.0xfe.0xa9.0xfe/", NUMBER],
  ["https://0251.0376.0251.0376/", NUMBER],
  ["https://169.254.43518/", NUMBER],
  ["https://127.1/", NUMBER],
  ["https://0/", NUMBER],
  ["https://①②⑦.⓪.⓪.①/", NUMBER],
  ["https://127.0.0.1./", NUMBER],
  ["https://[::1]/", NUMBER],
  ["https://[::]/", NUMBER],
  ["https://[fe80::1]/", NUMBER],
  ["https://[fd00:ec2::254]/", NUMBER],
  ["https://[::ffff:169.254.169.254]/", NUMBER],
  ["https://[::ffff:a9fe:a9fe]/", NUMBER],
  ["https://[64:ff9b::a9fe:a9fe]/", NUMBER],
  ["https://[2002:a9fe:a9fe::]/", NUMBER],
  ["https://[2001:db8::1]/", NUMBER],
  ["https://[fe80::1%25eth0]/", URL_NEEDED],
  ["https://256.1.1.1/", URL_NEEDED],
  // Names of private networks.
  ["https://localhost", PUBLIC],
  ["https://LOCALHOST", PUBLIC],
  ["https://localhost.", PUBLIC],
  ["https://x.localhost", PUBLIC],
  ["https://intranet", PUBLIC],
  ["https://metadata.google.internal", PUBLIC],
  ["https://printer.local", PUBLIC],
  ["https://alpine.docuware.cloud.", PUBLIC],
  ["https://.docuware.cloud", PUBLIC],
  ["https://a..docuware.cloud", PUBLIC],
  ["https://*.docuware.cloud", PUBLIC],
  ["https://-a.docuware.cloud", PUBLIC],
  // Names that resolve to private addresses, and public ones that are not DocuWare's.
  ["https://169.254.169.254.nip.io", LISTED],
  ["https://127-0-0-1.sslip.io", LISTED],
  ["https://localtest.me", LISTED],
  ["https://evil.example", LISTED],
  ["https://docuware.cloud", LISTED],
  ["https://docuware.cloud.evil.example", LISTED],
  ["https://alpine.docuware.cloud.evil.example", LISTED],
  ["https://evildocuware.cloud", LISTED],
  ["https://alpine.docuware.cloud-evil.example", LISTED],
  ["https://alpine-docuware.cloud", LISTED],
  ["https://alpine.docuware.cloudy", LISTED],
  ["https://alpine.docuware.co", LISTED],
  ["https://sub.login.example.com", LISTED],
  ["https://xn--docuwar-cya.cloud", LISTED],
  ["https://alpine.dоcuware.cloud", LISTED],
  ["https://alpine.docuware.clоud", LISTED],
  ["https://evil.example%2f.docuware.cloud", URL_NEEDED],
  ["https://evil.example%23.docuware.cloud", URL_NEEDED],
  // Ports.
  ["https://alpine.docuware.cloud:8443", LISTED],
  ["https://alpine.docuware.cloud:80", LISTED],
  ["https://gate.example.com", LISTED],
  ["https://alpine.docuware.cloud:99999", URL_NEEDED],
  // Characters that readers take differently.
  ["https://evil.example\\@alpine.docuware.cloud", PLAIN],
  ["https://alpine.docuware.cloud\\@evil.example", PLAIN],
  ["https:\\\\alpine.docuware.cloud", URL_NEEDED],
  ["https://alpine.docuware.cloud\\.evil.example", PLAIN],
  ["https://alpine.docu\tware.cloud", PLAIN],
  ["https://alpine.docuware.cloud\n", PLAIN],
  ["https://alpine.docuware.cloud\r\nx: y", URL_NEEDED],
  ["https://alpine.docuware\u200b.cloud", PLAIN],
  ["https://alpine.docu\u00adware.cloud", PLAIN],
  ["https://alpine.docuware.cloud/\u0000", PLAIN],
  // More than the root of a host.
  ["https://alpine.docuware.cloud/?sig=abc", QUERY],
  ["https://evil.example?.docuware.cloud", QUERY],
  ["https://evil.example#.docuware.cloud", QUERY],
  ["https://alpine.docuware.cloud/#x", QUERY],
  ["https://alpine.docuware.cloud/other", ROOT],
  ["https://alpine.docuware.cloud//", ROOT],
  ["https://alpine.docuware.cloud/@evil.example", ROOT],
  ["https://alpine.docuware.cloud/DocuWare/Platform/..%2f..%2fx", ROOT],
];

const TAKEN: readonly (readonly [string, string])[] = [
  ["https://alpine.docuware.cloud", "https://alpine.docuware.cloud"],
  ["https://alpine.docuware.cloud/", "https://alpine.docuware.cloud"],
  ["https://alpine.docuware.cloud/DocuWare/Platform", "https://alpine.docuware.cloud"],
  ["https://alpine.docuware.cloud/DocuWare/Platform/", "https://alpine.docuware.cloud"],
  ["https://alpine.docuware.cloud:443", "https://alpine.docuware.cloud"],
  ["HTTPS://Alpine.DocuWare.Cloud", "https://alpine.docuware.cloud"],
  ["https://a.b.docuware.cloud", "https://a.b.docuware.cloud"],
  ["https://login.example.com", "https://login.example.com"],
  ["https://gate.example.com:8443", "https://gate.example.com:8443"],
];

describe("in production", () => {
  test("the table is long enough to mean something", () => expect(REFUSED.length).toBeGreaterThan(60));

  test.each(REFUSED)("%j is refused with what is wrong", (text, message) => {
    const parsed = parsePlatformUrl(text, PRODUCTION);
    expect(parsed.ok ? `taken as ${parsed.value}` : parsed.error).toMatch(message);
  });

  test.each(TAKEN)("%s is taken, in one form", (text, kept) => {
    expect(parsePlatformUrl(text, PRODUCTION)).toEqual({ ok: true, value: kept });
  });
});

describe("in development", () => {
  test("http to 127.0.0.1 is taken as well, and nothing else", () => {
    expect(parsePlatformUrl("http://127.0.0.1:20001", DEVELOPMENT)).toEqual({
      ok: true,
      value: "http://127.0.0.1:20001",
    });
    const others = REFUSED.filter(([text]) => !text.startsWith("http://127.0.0.1:"));
    for (const [text, message] of others) {
      const parsed = parsePlatformUrl(text, DEVELOPMENT);
      expect(parsed.ok ? `${text} is taken` : parsed.error).toMatch(message);
    }
    for (const text of ["http://127.0.0.2:1", "http://[::1]:1", "http://10.0.0.1", "https://127.0.0.1"])
      expect(parsePlatformUrl(text, DEVELOPMENT).ok, text).toBe(false);
  });
});

describe("an address in an answer", () => {
  const root = new URL("https://alpine.docuware.cloud/");
  test.each([
    "http://127.0.0.1:20001/Identity",
    "http://login.docuware.cloud",
    "file:///etc/passwd",
    "https://probe:secret@login.docuware.cloud",
    "https://",
  ])("that came over https never leads to %s", (address) => {
    expect(() => secureUrl(address, root, "The identity service")).toThrow(/^The identity service must/u);
  });

  test.each([
    "https://evil.example/x",
    "//evil.example/x",
    "\\\\evil.example/x",
    "/\\evil.example/x",
    "https:\\\\evil.example/x",
    "http://alpine.docuware.cloud/x",
    "https://alpine.docuware.cloud:8443/x",
    "https://alpine.docuware.cloud.evil.example/x",
    "https://alpine.docuware.cloud@evil.example/x",
    "javascript:x",
    "https://",
  ])("a link of the service is one on its own host only: %s is not", (href) => {
    expect(() => linkWithin(root, href)).toThrow(/link to another host/u);
  });

  test.each(["/DocuWare/Platform/x", "x", "?page=2", "https://alpine.docuware.cloud/x", "//alpine.docuware.cloud/x"])(
    "%s is a link of the service",
    (href) => expect(linkWithin(root, href).origin).toBe(root.origin),
  );
});
