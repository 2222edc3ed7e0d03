// Errors of the Azure Tables SDK in the app's own words.
import { RestError } from "@azure/data-tables";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { retryAfterMs } from "../azure-retry.ts";

/** What a refused conditional write or a read of nothing comes to; everything else is a failure. */
export type TableRefusal = "exists" | "changed" | "absent";

/** The meaning of a status and code of Table storage, where it is an outcome and not a failure. */
export function refusalOf(status: number | undefined, code: string | undefined): TableRefusal | undefined {
  if (status === 409 && code === "EntityAlreadyExists") return "exists";
  if (status === 412) return "changed";
  // The service says ResourceNotFound, Azurite EntityNotFound for some calls; TableNotFound is a failure.
  if (status === 404 && code !== "TableNotFound") return "absent";
  return undefined;
}

/** The same for a thrown SDK error. */
export function refusalOfError(error: unknown): TableRefusal | undefined {
  return error instanceof RestError ? refusalOf(error.statusCode, codeOf(error)) : undefined;
}

/** `what` names the call, e.g. `Insert into table Upgrades`; failures and defects of the program pass through. */
export function translateTableError(what: string, error: unknown): Error {
  if (error instanceof TransientFailure || error instanceof PermanentFailure) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  // Below 400: an answer that broke off or could not be read.
  if (!(error instanceof RestError) || error.statusCode === undefined || error.statusCode < 400) {
    return new TransientFailure(`${what} got no answer; whether it was carried out is unknown.`, { cause: error });
  }
  const wait = retryAfterMs(error.response?.headers.get("retry-after"));
  return tableFailure(what, error.statusCode, codeOf(error), { cause: error, ...(wait && { retryAfterMs: wait }) });
}

export function tableFailure(
  what: string,
  status: number,
  code: string | undefined,
  options: { readonly cause?: unknown; readonly retryAfterMs?: number },
): Error {
  const reason = code === undefined ? `${status}` : `${status} ${code}`;
  if (code === "TableNotFound") {
    return new PermanentFailure(`${what}: the table does not exist. Create it by Bicep or Tables.ensure.`, options);
  }
  if (status === 401 || status === 403) {
    return new PermanentFailure(
      `${what} was refused (${reason}): check the app's role on the storage account.`,
      options,
    );
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new TransientFailure(`${what} failed for now (${reason}).`, options);
  }
  return new PermanentFailure(`${what} was refused (${reason}).`, options);
}

/** Table storage names the reason in `odata.error`; the SDK shows it in different places depending on the call. */
function codeOf(error: RestError): string | undefined {
  if (error.code !== undefined) return error.code;
  const details: unknown = error.details;
  if (typeof details !== "object" || details === null || !("odataError" in details)) return undefined;
  const inner = details.odataError;
  if (typeof inner !== "object" || inner === null || !("code" in inner)) return undefined;
  return typeof inner.code === "string" ? inner.code : undefined;
}
