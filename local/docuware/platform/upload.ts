// Files on their way in: multipart forms, raw bodies, and the index data that may come first.
import busboy from "busboy";
import { z } from "zod";
import type { FieldItem } from "../state/model.ts";
import type { Call } from "./call.ts";
import { limitedBody, parseBody } from "./call.ts";
import { fieldByName } from "./catalog.ts";
import { parseItem } from "./field-values.ts";
import { badRequest, PlatformError, unprocessable } from "./platform-error.ts";

const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
const MAX_PARTS = 100;

export interface UploadedFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface Upload {
  readonly fields: Readonly<Record<string, FieldItem>>;
  readonly files: readonly UploadedFile[];
}

const fieldSchema = z.object({
  FieldName: z.string(),
  Item: z.unknown().optional(),
  IsNull: z.boolean().optional(),
});
export type FieldInput = z.infer<typeof fieldSchema>;
const storeSchema = z.object({ Fields: z.array(fieldSchema).max(500).default([]) });
export const fieldsSchema = z.object({ Field: z.array(fieldSchema).max(500) });

/** Checked values by field name. System fields are skipped: clients send back whole lists they were given. */
export function parseFields(inputs: readonly FieldInput[]): Readonly<Record<string, FieldItem>> {
  const values: Record<string, FieldItem> = {};
  for (const { FieldName, Item, IsNull } of inputs) {
    const field = fieldByName(FieldName);
    if (field === undefined) throw unprocessable(`There is no field "${FieldName}".`);
    if (!field.isSystem) values[field.name] = IsNull === true ? null : parseItem(field, Item);
  }
  return values;
}

/** Reads a store request: a multipart form, whose first part may be index data in JSON; all others are files. */
export async function readUpload(call: Call): Promise<Upload> {
  const contentType = call.exchange.header("content-type") ?? "";
  const bytes = await limitedBody(call.exchange, MAX_UPLOAD_BYTES);
  const parts = await parseMultipart(contentType, bytes);
  const [first, ...rest] = parts;
  if (first === undefined) throw badRequest("The multipart request has no parts.");
  if (!/^application\/json\b/i.test(first.contentType)) return { fields: {}, files: parts };
  return { fields: parseFields(parseBody(first.bytes, storeSchema).Fields), files: rest };
}

function parseMultipart(contentType: string, body: Buffer): Promise<readonly UploadedFile[]> {
  return new Promise((resolve, reject) => {
    const parts: UploadedFile[] = [];
    const limits = { parts: MAX_PARTS, fieldSize: MAX_UPLOAD_BYTES, fileSize: MAX_UPLOAD_BYTES };
    const refuse = (error: unknown): void =>
      reject(badRequest(`The multipart body cannot be read: ${error instanceof Error ? error.message : "malformed"}.`));
    try {
      const form = busboy({ headers: { "content-type": contentType }, limits, defParamCharset: "utf8" });
      form.on("field", (name, value, info) => {
        parts.push({ fileName: name, contentType: info.mimeType, bytes: Buffer.from(value) });
      });
      form.on("file", (name, stream, info) => {
        // The place is taken now, so that parts stay in the order in which they were sent.
        const index =
          parts.push({ fileName: info.filename ?? name, contentType: info.mimeType, bytes: Buffer.alloc(0) }) - 1;
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", refuse);
        stream.on("end", () => {
          const part = parts[index];
          if (part !== undefined) parts[index] = { ...part, bytes: Buffer.concat(chunks) };
        });
      });
      form.on("partsLimit", () =>
        reject(new PlatformError(413, "FileTooLargeException", `More than ${MAX_PARTS} parts.`)),
      );
      form.on("error", refuse);
      form.on("close", () => resolve(parts));
      form.end(body);
    } catch (error) {
      refuse(error);
    }
  });
}
