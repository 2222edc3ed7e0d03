// The keys that sign links, as the setting holds them: `id:secret`, and while keys rotate also the one before,
// `new:secret,old:secret`. The first signs, both are accepted.

import { z } from "zod";

export interface LinkKey {
  /** 1 to 8 lower-case letters and digits; stands in every link, so that the key can be found. */
  readonly id: string;
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
}

export interface LinkKeys {
  readonly current: LinkKey;
  readonly previous?: LinkKey;
}

const KEY = /^([a-z0-9]{1,8}):([A-Za-z0-9+/]{43,344}={0,2})$/;

/** Text of the setting to keys. Its messages name no value. */
export const linkKeysSchema = z.string("is missing").transform((text, context): LinkKeys => {
  const refuse = (message: string) => {
    context.addIssue(message);
    return z.NEVER;
  };
  const keys = text.split(",").map(readKey);
  const [current, previous] = keys;
  if (current === undefined || keys.includes(undefined) || keys.length > 2) {
    return refuse("must be id:secret or new:secret,old:secret, each secret 32 or more random bytes in base64");
  }
  if (previous === undefined) return { current };
  if (previous.id === current.id) return refuse("must have two different key ids");
  return { current, previous };
});

function readKey(text: string): LinkKey | undefined {
  const [, id, base64] = KEY.exec(text.trim()) ?? [];
  if (id === undefined || base64 === undefined) return undefined;
  const secret = Buffer.from(base64, "base64");
  return secret.byteLength < 32 ? undefined : { id, secret };
}
