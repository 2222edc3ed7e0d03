// Reading the bytes of a document.

import { z } from "zod";
import { listOf, requiredText } from "../../kernel/foreign.ts";
import { readJson, type Platform } from "./platform.ts";

const schema = z.object({ Section: listOf(z.object({ Id: requiredText() })) });

const pathOf = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Sections`;

/** Ids of the document's sections (its files), in their order. */
export async function listSections(
  platform: Platform,
  cabinetId: string,
  documentId: number,
): Promise<readonly string[]> {
  const call = { method: "GET", path: pathOf(cabinetId), query: { DocId: String(documentId) } } as const;
  return (await readJson(platform, call, schema)).Section.map((one) => one.Id);
}

/** The bytes of one section as they were stored: the whole document's download may be converted or packed. */
export async function downloadSection(
  platform: Platform,
  cabinetId: string,
  sectionId: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const { response } = await platform.call({
    method: "GET",
    path: `${pathOf(cabinetId)}/${encodeURIComponent(sectionId)}/Data`,
    headers: { accept: "*/*" },
    maxBodyBytes: maxBytes,
  });
  return response.body;
}
