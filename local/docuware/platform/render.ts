// Documents and sections as the Platform API answers them.
import type { DocumentRecord, SectionRecord } from "../state/model.ts";
import { link } from "./call.ts";
import type { Catalog, Field } from "./catalog.ts";
import { LEADING_FIELDS, TRAILING_FIELDS, USER_FIELDS } from "./catalog.ts";
import { dateText, elementName, fieldItem, isAbsent, sizeOf, valueOf } from "./field-values.ts";

export type Json = Readonly<Record<string, unknown>>;

function renderField(document: DocumentRecord, field: Field): Json {
  const value = valueOf(document, field);
  return {
    SystemField: field.isSystem,
    FieldName: field.name,
    FieldLabel: field.label,
    IsNull: isAbsent(field, value),
    ReadOnly: field.isSystem,
    // As recorded: an empty field has no Item at all, not even null.
    ...(isAbsent(field, value) ? {} : { Item: fieldItem(field, value) }),
    ItemElementName: elementName(field),
  };
}

export const renderFields = (document: DocumentRecord): readonly Json[] =>
  [...LEADING_FIELDS, ...USER_FIELDS, ...TRAILING_FIELDS].map((field) => renderField(document, field));

/** The members and their order are recorded ones (docs/local-stack.md). */
export function renderDocument(
  document: DocumentRecord,
  { organisationGuid }: Pick<Catalog, "organisationGuid">,
): Json {
  const isRecord = document.sections.length === 0;
  return {
    Fields: renderFields(document),
    ChecksumInfo: { ChecksumAlgorithm: "None" },
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
    Links: documentLinks(document),
    Sections: document.sections.map((section) => renderSection(document.cabinetId, section, "embedded")),
    ContentType: isRecord ? "application/octet-stream" : document.sections[0]?.contentType,
    FileCabinetId: document.cabinetId,
    OrganizationGuid: organisationGuid,
    HaveMoreTotalPages: !isRecord,
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
    VersionStatus: "Initial",
  };
}

function titleOf(document: DocumentRecord): string {
  const subject = document.fields["SUBJECT"];
  if (typeof subject === "string") return subject;
  const file = document.sections[0]?.fileName.replace(/\.[^.]*$/, "");
  // With the narrow no-break space that DocuWare's formatting of times has.
  const stored = new Date(document.createdAt).toLocaleString("en-US", { timeZone: "UTC" }).replace(",", "");
  return file || `Unnamed Document with id ${document.id} from ${stored.replace(/ (?=[AP]M$)/, "\u202f")}`;
}

function documentLinks(document: DocumentRecord): readonly Json[] {
  const cabinet = `/FileCabinets/${document.cabinetId}`;
  const self = `${cabinet}/Documents/${document.id}`;
  const ofFile = [
    link("thumbnail", `${self}/Thumbnail?annotations=True`),
    link("thumbnailWithoutAnnotation", `${self}/Thumbnail?annotations=False`),
    link("lowQualityImage", `${self}/Image`),
    link("annotationAsSvg", `${self}/AnnotationAsImage?format=Svg`),
    link("fileDownload", `${self}/FileDownload`),
    link("content", `${self}/Data`),
    link("downloadAsArchive", `${self}/FileDownload?targetFileType=Zip`),
  ];
  return [
    link("self", self),
    link("fields", `${self}/Fields`),
    link("clippedDocuments", `${cabinet}/Operations/ClippedDocuments?docId=${document.id}`),
    link("sections", `${cabinet}/Sections?docId=${document.id}`),
    ...(document.sections.length === 0 ? [] : ofFile),
    link("lock", `${self}/Lock`),
    link("rights", `${self}/Rights`),
  ];
}

/** Embedded in a document a section carries only its own link; fetched by itself all of them. */
export function renderSection(cabinetId: string, section: SectionRecord, place: "embedded" | "full"): Json {
  const self = `/FileCabinets/${cabinetId}/Sections/${section.id}`;
  const more = place === "full" ? [link("fileDownload", `${self}/FileDownload`), link("content", `${self}/Data`)] : [];
  return {
    SignatureStatus: ["Allow_Signature_Stamps", "Allow_Annotations", "Allow_Stamps"],
    Pages: { Page: [] },
    Thumbnails: { Page: [] },
    Links: [link("self", self), ...more],
    Id: section.id,
    ContentType: section.contentType,
    HaveMorePages: true,
    PageCount: 1,
    FileSize: section.size,
    OriginalFileName: section.fileName,
    ContentModified: dateText(section.modifiedAt),
    HasTextAnnotation: false,
    AnnotationsPreview: false,
  };
}
