// An answer as a value: handlers return it, the engine writes it. Bodies are whole buffers; every producer is bounded.

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** "drop" closes the connection without an answer. */
export type Outcome = Reply | "drop";

export const reply = (
  status: number,
  contentType: string | undefined,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers: contentType === undefined ? headers : { "content-type": contentType, ...headers },
  body: typeof body === "string" ? Buffer.from(body) : body,
});

export const jsonReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  reply(status, "application/json; charset=utf-8", JSON.stringify(value), headers);

/** The same answer with a damaged body: the first half of its bytes inverted, its length unchanged. */
export function corrupted(original: Reply): Reply {
  const body = Buffer.from(original.body);
  for (let index = 0; index < Math.ceil(body.length / 2); index++) body[index] = ~(body[index] ?? 0) & 0xff;
  return { ...original, body };
}
