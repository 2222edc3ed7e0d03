// Sections: the files of a document, and their bytes.
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf } from "./call.ts";
import { findDocument } from "./documents.ts";
import { badRequest, notFound } from "./platform-error.ts";
import { renderSection } from "./render.ts";

export async function listSections(call: Call): Promise<Reply> {
  const id = call.exchange.query("docid");
  if (id === undefined) throw badRequest("Parameter docid is missing.");
  const document = findDocument(call, id);
  const Section = document.sections.map((section) => renderSection(document.cabinetId, section, "full"));
  return answer(call.exchange, { Section });
}

/** The bytes of the section that the path names, e.g. `66-84`, as they were stored; throws 404. */
export async function sectionData(call: Call): Promise<Reply> {
  const id = call.parameters["section"] ?? "";
  const document = call.organisation.state.documents.get(Number(id.split("-")[0]));
  const section = document?.sections.find((one) => one.id === id);
  if (section === undefined || document?.cabinetId !== cabinetOf(call).id) throw notFound(`Section "${id}"`);
  const bytes = await call.organisation.blobs.get(section.id);
  const fileName = encodeURIComponent(section.fileName);
  return reply(200, section.contentType, bytes, {
    "content-disposition": `attachment; filename*=utf-8''${fileName}`,
  });
}
