// How the app reaches Azurite: with the account and key that Azurite documents for everybody.

export const STORAGE_ACCOUNT = "devstoreaccount1";
const STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export function storageConnectionString(ports: Readonly<Record<"blob" | "queue" | "table", number>>): string {
  const address = (port: number): string => `http://127.0.0.1:${port}/${STORAGE_ACCOUNT}`;
  const endpoints = `BlobEndpoint=${address(ports.blob)};QueueEndpoint=${address(ports.queue)};TableEndpoint=${address(ports.table)};`;
  return `DefaultEndpointsProtocol=http;AccountName=${STORAGE_ACCOUNT};AccountKey=${STORAGE_KEY};${endpoints}`;
}
