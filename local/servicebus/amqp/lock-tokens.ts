// Lock tokens: a UUID whose first half is random per broker start and whose second half is the engine's lock number.
// So a token of an earlier start is never taken for a present one, and no token table is needed.
import { randomBytes } from "node:crypto";

const BYTES = 16;
const HALF = 8;

/** .NET's Guid has its first three fields in little-endian order; delivery tags travel like that. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6] as const;

export class LockTokens {
  readonly #uuidPrefix: Buffer;
  readonly #tagPrefix: Buffer;

  constructor(prefix: Buffer = randomBytes(HALF)) {
    this.#uuidPrefix = prefix;
    this.#tagPrefix = Buffer.from(GUID_ORDER.map((index) => prefix[index] ?? 0));
  }

  /** Delivery tag of a lock (Guid byte order). */
  tag(lockId: number): Buffer {
    return this.#write(this.#tagPrefix, lockId);
  }

  /** Lock number of a delivery tag, undefined when it is none of this broker start. */
  fromTag(tag: Uint8Array): number | undefined {
    return this.#read(this.#tagPrefix, tag);
  }

  /** Lock number of the same token as AMQP uuid (RFC byte order). */
  fromUuid(uuid: Uint8Array): number | undefined {
    return this.#read(this.#uuidPrefix, uuid);
  }

  #write(prefix: Buffer, lockId: number): Buffer {
    const token = Buffer.allocUnsafe(BYTES);
    prefix.copy(token);
    token.writeUInt32BE(Math.floor(lockId / 2 ** 32), HALF);
    token.writeUInt32BE(lockId % 2 ** 32, HALF + 4);
    return token;
  }

  #read(prefix: Buffer, bytes: Uint8Array): number | undefined {
    const token = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (token.byteLength !== BYTES || !token.subarray(0, HALF).equals(prefix)) return undefined;
    return token.readUInt32BE(HALF) * 2 ** 32 + token.readUInt32BE(HALF + 4);
  }
}
