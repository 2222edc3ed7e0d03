// What this project uses of yazl, which comes without types.

declare module "yazl" {
  export class ZipFile {
    readonly outputStream: AsyncIterable<Buffer>;
    addBuffer(
      content: Buffer,
      path: string,
      options: { readonly mtime: Date; readonly mode: number; readonly forceDosTimestamp: boolean },
    ): void;
    end(): void;
  }
}
