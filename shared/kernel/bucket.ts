// Spreads keys over a fixed number of partitions, the same on every machine and for ever.

/** FNV-1a over the UTF-16 code units, modulo `buckets`. */
export function bucketOf(text: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % buckets;
}
