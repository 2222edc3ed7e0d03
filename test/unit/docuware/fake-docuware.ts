// One organisation's DocuWare in memory, behind the HttpClient port: just enough for the functional test, with a hook
// before every operation. The simulator in local/ is the faithful one; this one is fast and can be told to misbehave.

import { TransientFailure } from "../../../shared/kernel/failures.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../../shared/platform/http-client/http-client.ts";
import type { PlatformTarget } from "../../../shared/docuware/platform-api/target.ts";

export type Operation =
  | "info"
  | "discovery"
  | "token"
  | "version"
  | "cabinets"
  | "dialogs"
  | "dialog"
  | "store"
  | "search"
  | "fetch"
  | "sections"
  | "data"
  | "update"
  | "delete"
  | "trashQuery"
  | "trashDelete"
  | "logoff";

type Answer = HttpResponse | "hang" | undefined;
/** Answers instead of the operation, or lets it happen (undefined). `nth` counts this operation's calls from 1. */
export type Hook = (operation: Operation, nth: number, request: HttpRequest) => Answer;

interface Stored {
  readonly id: number;
  subject: string;
  readonly bytes: Buffer;
  readonly createdAt: number;
}

export const CABINET = "11111111-2222-3333-4444-555555555555";
const ROUTES: readonly (readonly [RegExp, Operation])[] = [
  [/^GET .*IdentityServiceInfo$/, "info"],
  [/^GET .*openid-configuration$/, "discovery"],
  [/^POST .*connect\/token$/, "token"],
  [/^GET \/DocuWare\/Platform$/, "version"],
  [/^GET .*\/FileCabinets$/, "cabinets"],
  [/^GET .*\/Dialogs$/, "dialogs"],
  [/^GET .*\/Dialogs\//, "dialog"],
  [/^POST .*\/Documents$/, "store"],
  [/^POST .*\/DialogExpression$/, "search"],
  [/^GET .*\/Documents\/\d+$/, "fetch"],
  [/^GET .*\/Sections$/, "sections"],
  [/^GET .*\/Sections\/.*\/Data$/, "data"],
  [/^PUT .*\/Fields$/, "update"],
  [/^DELETE .*\/Documents\/\d+$/, "delete"],
  [/^POST .*\/TrashBin\/Query$/, "trashQuery"],
  [/^POST .*\/TrashBin\/BatchDelete$/, "trashDelete"],
  [/^GET .*\/Account\/Logoff$/, "logoff"],
];

export const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: Buffer.from(JSON.stringify(body)),
});

export const PASSWORD_TARGET: PlatformTarget = {
  organisationId: "alpine-foods",
  platformUrl: "https://alpine-foods.docuware.cloud",
  credentials: { kind: "password", username: "probe", password: "pass-word-secret" },
};

export class FakeDocuware implements HttpClient {
  hook: Hook = () => undefined;
  now = 1_800_000_000_000;
  /** Each call in order, with what it sent. */
  readonly calls: { readonly operation: Operation; readonly request: HttpRequest }[] = [];
  readonly documents: Stored[] = [];
  readonly trash: Stored[] = [];
  #nextId = 66;
  readonly clock = { now: (): number => this.now };
  readonly waits: number[] = [];
  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> => {
    this.waits.push(ms);
    this.now += ms;
    if (this.now > 1_800_000_600_000) return new Promise(() => undefined);
    return signal?.aborted === true ? Promise.reject(new Error("aborted")) : Promise.resolve();
  };

  operations(): readonly Operation[] {
    return this.calls.map((one) => one.operation);
  }

  add(subject: string, createdAt: number): Stored {
    const stored = { id: (this.#nextId += 1), subject, bytes: Buffer.from("old"), createdAt };
    this.documents.push(stored);
    return stored;
  }

  close = (): Promise<void> => Promise.resolve();

  send = async (request: HttpRequest): Promise<HttpResponse> => {
    const line = `${request.method} ${request.url.pathname}`;
    const operation = ROUTES.find(([pattern]) => pattern.test(line))?.[1];
    if (operation === undefined) throw new Error(`The fake knows no ${line}.`);
    this.calls.push({ operation, request });
    this.now += 10;
    const nth = this.calls.filter((one) => one.operation === operation).length;
    const instead = this.hook(operation, nth, request);
    if (instead === "hang") return hang(request);
    return instead ?? this.#perform(operation, request);
  };

  #perform(operation: Operation, request: HttpRequest): HttpResponse {
    const body = Buffer.from(request.body ?? "").toString();
    const id = Number(/(\d+)(?:\/Fields)?$/.exec(request.url.pathname)?.[1]);
    const document = this.documents.find((one) => one.id === id);
    switch (operation) {
      case "info":
        return answer(200, { IdentityServiceUrl: "https://login.docuware.cloud/42", RefreshTokenSupported: true });
      case "discovery":
        return answer(200, { token_endpoint: "https://login.docuware.cloud/42/connect/token" });
      case "token":
        return answer(200, { access_token: `token-${this.calls.length}`, expires_in: 3600, token_type: "Bearer" });
      case "version":
        return answer(200, { Version: "7.12.1.100", Links: [] });
      case "cabinets":
        return answer(200, {
          FileCabinet: [
            { Id: `b_${CABINET}`, Name: "Tray", IsBasket: true },
            { Id: CABINET, Name: "Archive", IsBasket: false, Default: true },
          ],
        });
      case "dialogs":
        return answer(200, {
          Dialog: [
            { Id: "search-1", Type: "Search", IsDefault: true },
            { Id: "store_mobile", Type: "Store", IsForMobile: true },
            { Id: "store-1", Type: "Store", IsDefault: false },
          ],
        });
      case "dialog":
        return answer(200, {
          Fields: [
            { DBFieldName: "COMPANY", DWFieldType: "Text", Length: 20, NotEmpty: true, Visible: true },
            { DBFieldName: "SUBJECT", DWFieldType: "Text", Length: 100, Visible: true },
          ],
        });
      case "store":
        return this.#store(request, body);
      case "search":
        return this.#search(body);
      case "fetch":
        return document === undefined ? missing() : answer(200, toJson(document));
      case "sections":
        return answer(200, { Section: [{ Id: `${request.url.searchParams.get("DocId")}-1` }] });
      case "data": {
        const of = Number(/Sections\/(\d+)-1\/Data$/.exec(request.url.pathname)?.[1]);
        const bytes = this.documents.find((one) => one.id === of)?.bytes ?? Buffer.alloc(0);
        return { status: 200, headers: { "content-type": "text/plain" }, body: bytes };
      }
      case "update": {
        if (document === undefined) return missing();
        document.subject = fieldOf(body);
        return answer(200, { Field: [] });
      }
      case "delete":
        return this.#delete(document);
      case "trashQuery":
        return this.#trash(body);
      case "trashDelete":
        return this.#purge(body);
      case "logoff":
        return { status: 200, headers: {}, body: Buffer.alloc(0) };
    }
  }

  #store(request: HttpRequest, body: string): HttpResponse {
    const boundary = /boundary=(.+)$/.exec(request.headers?.["content-type"] ?? "")?.[1] ?? "";
    const [, index = "", file = ""] = body.split(`--${boundary}`);
    const content = (part: string): string => part.slice(part.indexOf("\r\n\r\n") + 4, -2);
    const stored = this.add(fieldOf(content(index)), this.now);
    Object.assign(stored, { bytes: Buffer.from(content(file)) });
    return answer(200, toJson(stored));
  }

  #search(body: string): HttpResponse {
    const value = /"Value":\["([^"]*)"\]/.exec(body)?.[1] ?? "";
    const matches = (subject: string): boolean =>
      value.endsWith("*") ? subject.startsWith(value.slice(0, -1)) : subject === value;
    return answer(200, { Items: this.documents.filter((one) => matches(one.subject)).map(toJson), Count: {} });
  }

  #delete(document: Stored | undefined): HttpResponse {
    if (document === undefined) return missing();
    this.documents.splice(this.documents.indexOf(document), 1);
    this.trash.unshift(document);
    return { status: 200, headers: {}, body: Buffer.alloc(0) };
  }

  #trash(body: string): HttpResponse {
    const asked = (name: string): number => Number(new RegExp(`"${name}":(\\d+)`).exec(body)?.[1]);
    const end = asked("Start") + asked("Count");
    return answer(200, {
      Count: { HasMore: end < this.trash.length, Value: this.trash.length },
      Rows: this.trash.slice(asked("Start"), end).map((one) => [`tr_${CABINET}-${one.id}`, one.subject, 5]),
    });
  }

  #purge(body: string): HttpResponse {
    const ids = [...body.matchAll(/tr_[\w-]+-(\d+)/g)].map((match) => Number(match[1]));
    const before = this.trash.length;
    for (const id of ids) {
      const index = this.trash.findIndex((one) => one.id === id);
      if (index >= 0) this.trash.splice(index, 1);
    }
    return answer(200, { SuccessCount: before - this.trash.length, FailedItems: [] });
  }
}

const missing = (): HttpResponse => answer(404, { Message: "Document not found.", StatusCode: 404 });
const fieldOf = (body: string): string => /"FieldName":"SUBJECT","Item":"([^"]*)"/.exec(body)?.[1] ?? "";
const toJson = ({ id, subject, createdAt }: Stored) => ({
  Id: id,
  Fields: [
    { FieldName: "SUBJECT", Item: subject, ItemElementName: "String" },
    { FieldName: "TAGS", Item: { Keyword: ["a"] } },
    { FieldName: "EMPTY", Item: null },
  ],
  CreatedAt: `/Date(${createdAt})/`,
});

/** Like the real client: no answer until the caller's signal ends it. */
function hang(request: HttpRequest): Promise<HttpResponse> {
  return new Promise((_, reject) => {
    request.signal?.addEventListener("abort", () => {
      reject(new TransientFailure("Stopped by its caller.", { cause: request.signal?.reason }));
    });
  });
}
