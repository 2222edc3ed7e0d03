// File cabinets, document trays and their dialogs.
import type { Reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf, link, now } from "./call.ts";
import type { Cabinet, Dialog, Field } from "./catalog.ts";
import { CUSTOM_DIALOG_ID, USER_FIELDS } from "./catalog.ts";
import { notFound, PlatformError } from "./platform-error.ts";
import type { Json } from "./render.ts";

/** At most 60 lists per minute and organisation (KBA-36385). */
export async function listCabinets(call: Call): Promise<Reply> {
  const { context, organisation, catalog } = call;
  const waitMs = context.cabinetLists.take(organisation.member.organisationId, now(call));
  if (waitMs !== undefined) throw await throttledAfterDelay(call, waitMs);
  return answer(call.exchange, { FileCabinet: catalog.cabinets.map(cabinetBody) });
}

/** A throttled call is not processed and is answered late. */
async function throttledAfterDelay(call: Call, waitMs: number): Promise<PlatformError> {
  await call.exchange.pause(call.context.throttleDelayMs);
  return new PlatformError(429, "ClientThrottleException", "Too many requests; wait and send the request again.", {
    "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))),
  });
}

function cabinetBody(cabinet: Cabinet): Json {
  return {
    Links: [link("self", `/FileCabinets/${cabinet.id}`)],
    Color: cabinet.isBasket ? "Green" : "Yellow",
    Name: cabinet.name,
    Id: cabinet.id,
    IsBasket: cabinet.isBasket,
    Usable: true,
    Default: !cabinet.isBasket,
    VersionManagement: "Disable",
    WindowsExplorerClientAccess: false,
    AddIndexEntriesInUpperCase: false,
    DocumentAuditingEnabled: false,
    HasFullTextSupport: false,
  };
}

export async function listDialogs(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  return answer(call.exchange, {
    Dialog: cabinet.dialogs.map((dialog) => dialogBody(cabinet, dialog)),
    Links: [link("self", `/FileCabinets/${cabinet.id}/Dialogs`)],
  });
}

function dialogBody(cabinet: Cabinet, dialog: Dialog): Json {
  return {
    $type: "DialogInfo",
    Links: [link("self", `/FileCabinets/${cabinet.id}/Dialogs/${dialog.id}`)],
    Id: dialog.id,
    FileCabinetId: cabinet.id,
    FileCabinetName: cabinet.name,
    DisplayName: dialog.name,
    IsForMobile: false,
    Color: "Yellow",
    IsDefault: dialog.isDefault,
    Type: dialog.type,
  };
}

/** The dialog of this id: a listed one, or the built-in search dialog that every cabinet has. */
export function findDialog(cabinet: Cabinet, id: string | undefined): Dialog {
  const search = cabinet.dialogs.find((dialog) => dialog.type === "Search");
  if ((id === undefined || id === "") && search !== undefined) return search;
  if (id === CUSTOM_DIALOG_ID) return { id, name: "Custom search", type: "Search", isDefault: false };
  const found = cabinet.dialogs.find((dialog) => dialog.id === id?.toLowerCase());
  if (found === undefined) throw notFound(`Dialog "${id}"`);
  return found;
}

export async function getDialog(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  const dialog = findDialog(cabinet, call.parameters["dialog"]);
  return answer(call.exchange, {
    ...dialogBody(cabinet, dialog),
    Fields: USER_FIELDS.map(dialogField),
  });
}

function dialogField(field: Field): Json {
  return {
    DBFieldName: field.name,
    DlgLabel: field.label,
    DWFieldType: field.type,
    Locked: false,
    ReadOnly: false,
    NotEmpty: false,
    Visible: true,
    Length: field.length,
    Precision: field.type === "Decimal" ? 2 : 0,
    AllowExtendedSearch: true,
    AllowFiltering: true,
    SelectListOnly: false,
    UsedAsDocumentName: field.name === "SUBJECT",
    IsHierarchy: false,
  };
}
