// Azurite's access log, counted by kind of call.

const LINE = /"([A-Z]+) \/devstoreaccount1\/(\S*) HTTP\/1\.1" \d{3}/;

export interface AccessLog {
  /** Takes the next piece of Azurite's standard output. */
  readonly read: (chunk: string) => void;
  readonly counts: () => Readonly<Record<string, number>>;
}

export function accessLog(): AccessLog {
  const counts = new Map<string, number>();
  let rest = "";
  return {
    read(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const kind = kindOf(line);
        if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    },
    counts: () => Object.fromEntries(counts),
  };
}

/** `tables: GET Upgrades(key)` from one line; undefined when it is no access. */
function kindOf(line: string): string | undefined {
  const [, method, target] = LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const path = (target.split("?")[0] ?? "").replace(/\(.*=.*\)$/, "(key)");
  return `tables: ${method} ${path}`;
}
