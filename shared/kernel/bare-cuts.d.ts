// A bare cut of text is a lint error (typescript/no-deprecated): it may end inside a character, and storage refuses what is
// not well-formed. `cut` shortens text that others wrote, `part` takes a part of our own (text.ts). Lists are not meant.

interface String {
  /** @deprecated Text is cut by `cut` or `part` of shared/kernel/text.ts. */
  slice(start?: number, end?: number): string;
  /** @deprecated Text is cut by `cut` or `part` of shared/kernel/text.ts. */
  substring(start: number, end?: number): string;
  /** @deprecated Text is cut by `cut` or `part` of shared/kernel/text.ts. */
  substr(from: number, length?: number): string;
}
