// A refusal of the Platform API: thrown by handlers, answered as DocuWare's error object.

const NAMES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly status: number;
  /** DocuWare's exception type, e.g. "NotFoundException". */
  readonly exception: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, exception: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.exception = exception;
    this.headers = headers;
  }
}

export const notFound = (what: string): PlatformError =>
  new PlatformError(404, "NotFoundException", `${what} was not found.`);
export const unprocessable = (message: string): PlatformError =>
  new PlatformError(422, "InvalidArgumentException", message);
export const badRequest = (message: string): PlatformError => new PlatformError(400, "BadRequestException", message);

/** DocuWare's error object (JSON form). */
export const errorBody = (error: PlatformError, method: string, uri: string): Readonly<Record<string, unknown>> => ({
  Message: error.message,
  Exception: `${error.exception}: ${error.message}`,
  Uri: uri,
  Method: method,
  StatusCode: error.status,
  Status: NAMES[error.status] ?? "Error",
  InternalCode: 0,
});
