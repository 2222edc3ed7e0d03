// What is loaded with its first use. SDKs are large and no function needs one to be registered, so a cold start is that much
// shorter. Adapters load a file of our own that imports the SDK: the bundle gives a CommonJS package that is imported at run
// time no names.

/** `load` runs at the first call, and only then. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}
