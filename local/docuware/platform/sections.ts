// Sections and file bytes: lists, downloads, ranges.
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { DocumentRecord, SectionRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf } from "./call.ts";
import { addSections, change, documentOf, findDocument } from "./documents.ts";
import { badRequest, notFound, PlatformError } from "./platform-error.ts";
import { renderSection } from "./render.ts";
import { zip } from "./zip.ts";

function documentParameter(call: Call): string {
  const id = call.exchange.query("docid");
  if (id === undefined) throw badRequest("Parameter docid is missing.");
  return id;
}

export async function listSections(call: Call): Promise<Reply> {
  const document = findDocument(call, documentParameter(call));
  const Section = document.sections.map((section) => renderSection(document.cabinetId, section, "full"));
  return answer(call.exchange, "Sections", { Section });
}

export const postSection = (call: Call): Promise<Reply> => addSections(call, documentParameter(call));
export const postToDocument = (call: Call): Promise<Reply> => addSections(call, call.parameters["document"] ?? "");

/** The section that the path names, e.g. `66-84`, and its document; throws 404. */
function sectionOf(call: Call): { readonly document: DocumentRecord; readonly section: SectionRecord } {
  const id = call.parameters["section"] ?? "";
  const documentId = id.slice(0, Math.max(0, id.indexOf("-")));
  const known = call.organisation.state.documents.get(Number(documentId));
  const section = known?.sections.find((one) => one.id === id);
  if (known === undefined || section === undefined || known.cabinetId !== cabinetOf(call).id) {
    throw notFound(`Section "${id}"`);
  }
  return { document: known, section };
}

export async function getSection(call: Call): Promise<Reply> {
  const { document, section } = sectionOf(call);
  return answer(call.exchange, "Section", renderSection(document.cabinetId, section, "full"));
}

export async function deleteSection(call: Call): Promise<Reply> {
  const { document, section } = sectionOf(call);
  await change(call, String(document.id), (current) => ({
    ...current,
    sections: current.sections.filter((one) => one.id !== section.id),
  }));
  return reply(200, undefined, "");
}

export const sectionData = (call: Call): Promise<Reply> => fileReply(call, sectionOf(call).section);

/** `Data`: the file of a document that has one. */
export async function documentData(call: Call): Promise<Reply> {
  const { sections } = documentOf(call);
  const [section] = sections;
  if (section === undefined) throw notFound("A file of this document");
  return fileReply(call, section);
}

/** `FileDownload`: the file as it is, several files as an archive. Nothing is converted here. */
export async function documentDownload(call: Call): Promise<Reply> {
  const document = documentOf(call);
  return download(call, document.sections, `document-${document.id}`);
}

export async function sectionDownload(call: Call): Promise<Reply> {
  const { section } = sectionOf(call);
  return download(call, [section], section.fileName);
}

async function download(call: Call, sections: readonly SectionRecord[], name: string): Promise<Reply> {
  const target = (call.exchange.query("targetfiletype") ?? "Auto").toLowerCase();
  const [first, ...more] = sections;
  if (first === undefined) throw notFound("A file of this document");
  if (target !== "auto" && target !== "pdf" && target !== "zip") {
    throw badRequest("targetFileType must be Auto, PDF or Zip.");
  }
  if (target === "pdf" && (more.length > 0 || !first.contentType.startsWith("application/pdf"))) {
    const message = "The simulator does not convert files to PDF; use targetFileType=Auto.";
    throw new PlatformError(501, "NotImplementedException", message);
  }
  if (target !== "zip" && more.length === 0) return fileReply(call, first);
  const entries = [];
  for (const [index, section] of sections.entries()) {
    const bytes = await call.organisation.blobs.get(section.id, 0, section.size);
    entries.push({ name: `${index + 1}-${section.fileName.replaceAll(/[/\\]/g, "_")}`, bytes });
  }
  return reply(200, "application/zip", zip(entries), { "content-disposition": disposition(`${name}.zip`) });
}

async function fileReply(call: Call, section: SectionRecord): Promise<Reply> {
  const headers = { "content-disposition": disposition(section.fileName), "accept-ranges": "bytes" };
  const range = parseRange(call.exchange.header("range"), section.size);
  if (range === undefined) {
    const bytes = await call.organisation.blobs.get(section.id, 0, section.size);
    return reply(200, section.contentType, bytes, headers);
  }
  const { start, end } = range;
  const bytes = await call.organisation.blobs.get(section.id, start, end - start + 1);
  const contentRange = `bytes ${start}-${end}/${section.size}`;
  return reply(206, section.contentType, bytes, { ...headers, "content-range": contentRange });
}

/**
 * The one byte range that a `Range` header asks for, `end` included. Undefined: send everything (no range, several
 * ranges, or not understood: RFC 9110 lets a server ignore those). Throws 416 for a range outside the file.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start > end) {
    throw new PlatformError(416, "RangeException", "The range lies outside the file.", {
      "content-range": `bytes */${size}`,
    });
  }
  return { start, end };
}

function disposition(fileName: string): string {
  const ascii = fileName.replaceAll(/[^\x20-\x7e]|["\\]/g, "_");
  return `attachment; filename="${ascii}"; filename*=utf-8''${encodeURIComponent(fileName)}`;
}
