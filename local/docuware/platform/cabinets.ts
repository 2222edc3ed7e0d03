// File cabinets, document trays and their dialogs.
import type { Reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf, link, now } from "./call.ts";
import type { Cabinet, Dialog, Field } from "./catalog.ts";
import { CUSTOM_DIALOG_ID, SYSTEM_FIELDS, USER_FIELDS } from "./catalog.ts";
import { notFound, PlatformError } from "./platform-error.ts";
import type { Json } from "./render.ts";

/** At most 60 lists per minute and organisation (KBA-36385). */
export async function listCabinets(call: Call): Promise<Reply> {
  const { context, organisation, catalog } = call;
  const waitMs = context.cabinetLists.take(organisation.member.organisationId, now(call));
  if (waitMs !== undefined) throw await throttledAfterDelay(call, waitMs);
  const orgId = call.exchange.query("orgid");
  const isOwn = orgId === undefined || orgId === catalog.organisationNumber || orgId === catalog.organisationGuid;
  const FileCabinet = isOwn ? catalog.cabinets.map(cabinetBody) : [];
  return answer(call.exchange, "FileCabinets", { FileCabinet });
}

/** A throttled call is not processed and is answered late. */
async function throttledAfterDelay(call: Call, waitMs: number): Promise<PlatformError> {
  await call.exchange.pause(call.context.throttleDelayMs);
  return new PlatformError(429, "ClientThrottleException", "Too many requests; wait and send the request again.", {
    "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))),
  });
}

function cabinetBody(cabinet: Cabinet): Json {
  const self = `/FileCabinets/${cabinet.id}`;
  return {
    Links: [
      link("self", self),
      link("documents", `${self}/Documents`),
      link("advancedDocumentUpload", `${self}/Documents`),
      link("unprocessedDocumentUpload", `${self}/Documents?processTextshot=False`),
      link("query", `${self}/Query/DialogExpression`),
      link("dialogs", `${self}/Dialogs`),
      link("searches", `${self}/Dialogs?dialogType=Search`),
      link("stores", `${self}/Dialogs?dialogType=Store`),
      link("customSearch", `${self}/Dialogs/${CUSTOM_DIALOG_ID}`),
    ],
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

export async function getCabinet(call: Call): Promise<Reply> {
  const rights = ["General_Search", "General_Store", "General_DeleteDocuments"];
  return answer(call.exchange, "FileCabinet", {
    ...cabinetBody(cabinetOf(call)),
    Fields: [...USER_FIELDS, ...SYSTEM_FIELDS].map((field) => ({
      DBFieldName: field.name,
      DisplayName: field.label,
      DWFieldType: field.type,
      Scope: field.isSystem ? "System" : "User",
      Length: field.length,
      Precision: field.type === "Decimal" ? 2 : 0,
      NotEmpty: false,
      DropLeadingZero: false,
      DropLeadingBlanks: false,
      UsedAsDocumentName: field.name === "SUBJECT",
      TableFieldColumns: [],
    })),
    Rights: rights,
    ExtendedUserRights: { AllowViewAuditData: false },
  });
}

export async function listDialogs(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  const type = call.exchange.query("dialogtype")?.toLowerCase();
  const wanted = cabinet.dialogs.filter((dialog) => type === undefined || dialog.type.toLowerCase() === type);
  return answer(call.exchange, "DialogInfos", {
    Dialog: wanted.map((dialog) => dialogBody(cabinet, dialog)),
    Links: [link("self", `/FileCabinets/${cabinet.id}/Dialogs`)],
  });
}

function dialogBody(cabinet: Cabinet, dialog: Dialog): Json {
  const self = `/FileCabinets/${cabinet.id}/Dialogs/${dialog.id}`;
  const count = link("count", `/FileCabinets/${cabinet.id}/Query/CountExpression?dialogId=${dialog.id}`);
  return {
    $type: "DialogInfo",
    Links: dialog.type === "Search" ? [link("self", self), count] : [link("self", self)],
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
  const query = `/FileCabinets/${cabinet.id}/Query`;
  const isSearch = dialog.type === "Search";
  return answer(call.exchange, "Dialog", {
    ...dialogBody(cabinet, dialog),
    Fields: USER_FIELDS.map((field) => dialogField(cabinet, dialog, field)),
    ...(isSearch
      ? {
          Query: {
            ForceRefresh: false,
            Expression: "",
            Fields: [],
            SortOrder: [],
            Links: [
              link("dialogExpression", `${query}/DialogExpression?dialogId=${dialog.id}`),
              link("dialogExpressionLink", `${query}/DialogExpressionLink?dialogId=${dialog.id}`),
              link("result", `/FileCabinets/${cabinet.id}/Documents`),
            ],
          },
          Properties: { $type: "SearchDialogProperties", LogicalOperator: { DefaultOperator: "And", Show: true } },
        }
      : {}),
  });
}

function dialogField(cabinet: Cabinet, dialog: Dialog, field: Field): Json {
  const list = `/FileCabinets/${cabinet.id}/Query/SelectListExpression?dialogId=${dialog.id}&fieldName=${field.name}`;
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
    Links: [link("simpleSelectList", list)],
  };
}
