// Documents and sections as the Platform API answers them.
import type { DocumentRecord, SectionRecord } from "../state/model.ts";
import { link } from "./call.ts";
import type { Field } from "./catalog.ts";
import { SYSTEM_FIELDS, USER_FIELDS } from "./catalog.ts";
import { dateText, elementName, renderItem, sizeOf, valueOf } from "./field-values.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface DocumentView {
  /** Database names of the user fields to show; all without it. */
  readonly fields?: readonly string[];
  readonly withoutSystemFields?: boolean;
  readonly withoutLinks?: boolean;
}

function renderField(document: DocumentRecord, field: Field): Json {
  const value = valueOf(document, field);
  return {
    SystemField: field.isSystem,
    FieldName: field.name,
    FieldLabel: field.label,
    IsNull: value === null,
    ReadOnly: field.isSystem,
    Item: renderItem(field, value),
    ItemElementName: elementName(field),
  };
}

export function renderFields(document: DocumentRecord, view: DocumentView = {}): readonly Json[] {
  const wanted = view.fields;
  const user = wanted === undefined ? USER_FIELDS : USER_FIELDS.filter((field) => wanted.includes(field.name));
  const system = view.withoutSystemFields === true ? [] : SYSTEM_FIELDS;
  return [...user, ...system].map((field) => renderField(document, field));
}

export function renderDocument(document: DocumentRecord, view: DocumentView = {}): Json {
  const isRecord = document.sections.length === 0;
  return {
    FileCabinetId: document.cabinetId,
    Fields: renderFields(document, view),
    Flags: {
      IsCold: false,
      IsDBRecord: isRecord,
      IsCheckedOut: false,
      IsCopyRightProtected: false,
      IsVoiceAvailable: false,
      HasAppendedDocuments: document.sections.length > 1,
      IsProtected: false,
      IsDeleted: false,
      IsEmail: false,
    },
    Version: { Major: 1, Minor: 0 },
    Links: view.withoutLinks === true ? [] : documentLinks(document),
    Sections: document.sections.map((section) => renderSection(document.cabinetId, section, "embedded")),
    ContentType: isRecord ? "application/octet-stream" : document.sections[0]?.contentType,
    HaveMoreTotalPages: false,
    HasTextAnnotation: false,
    HasXmlDigitalSignatures: false,
    AnnotationsPreview: false,
    TotalPages: document.sections.length,
    Id: document.id,
    Title: titleOf(document),
    LastModified: dateText(document.modifiedAt),
    LastModifiedSpecified: true,
    CreatedAt: dateText(document.createdAt),
    CreatedAtSpecified: true,
    FileSize: sizeOf(document),
    SectionCount: document.sections.length,
    IntellixTrust: "None",
    VersionStatus: "Disable",
  };
}

function titleOf(document: DocumentRecord): string {
  const subject = document.fields["SUBJECT"];
  return typeof subject === "string" ? subject : `Document ${document.id}`;
}

function documentLinks(document: DocumentRecord): readonly Json[] {
  const cabinet = `/FileCabinets/${document.cabinetId}`;
  const self = `${cabinet}/Documents/${document.id}`;
  return [
    link("self", self),
    link("fields", `${self}/Fields`),
    link("sections", `${cabinet}/Sections?docid=${document.id}`),
    link("fileDownload", `${self}/FileDownload`),
    link("content", `${self}/Data`),
    link("downloadAsArchive", `${self}/FileDownload?targetFileType=Zip`),
  ];
}

/** Embedded in a document a section carries only its own link; fetched by itself all of them. */
export function renderSection(cabinetId: string, section: SectionRecord, place: "embedded" | "full"): Json {
  const self = `/FileCabinets/${cabinetId}/Sections/${section.id}`;
  const more = place === "full" ? [link("fileDownload", `${self}/FileDownload`), link("content", `${self}/Data`)] : [];
  return {
    SignatureStatus: [],
    Pages: { Page: [], Links: [] },
    Thumbnails: { Page: [], Links: [] },
    Links: [link("self", self), ...more],
    Id: section.id,
    ContentType: section.contentType,
    HaveMorePages: false,
    PageCount: 1,
    FileSize: section.size,
    OriginalFileName: section.fileName,
    ContentModified: dateText(section.modifiedAt),
    HasTextAnnotation: false,
    AnnotationsPreview: false,
  };
}
