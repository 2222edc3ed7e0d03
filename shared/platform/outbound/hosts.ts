// Lists of hosts in settings: exact names and suffixes, such as `login.example.com, *.docuware.cloud, gate.example.com:8443`.

import { err, ok, type Result } from "../../kernel/result.ts";

export interface HostRule {
  /** Lower case; begins with a dot when it stands for every name below it. */
  readonly name: string;
  /** As URL.port has it: empty for 443. */
  readonly port: string;
}

const ENTRY =
  /^(?<wild>\*)?(?<name>(?:(?<=\*)\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,9}\.[a-z](?:[a-z0-9-]{0,61}[a-z0-9]))(?::(?<port>\d{1,5}))?$/;
const MOST = 100;

/** The error says what is expected. A suffix has two parts at least: `*.cloud` would be half of the internet. */
export function parseHosts(text: string): Result<readonly HostRule[], string> {
  const rules: HostRule[] = [];
  for (const entry of text.split(",").map((part) => part.trim().toLowerCase())) {
    const { wild, name, port = "443" } = ENTRY.exec(entry)?.groups ?? {};
    const isSuffix = name?.startsWith(".") === true;
    if (name === undefined || (wild !== undefined) !== isSuffix || Number(port) < 1 || Number(port) > 65_535) {
      return err(
        "must be a comma-separated list of hosts such as login.example.com or *.docuware.cloud, a :port behind",
      );
    }
    rules.push({ name, port: Number(port) === 443 ? "" : String(Number(port)) });
  }
  return rules.length > MOST ? err(`must name at most ${MOST} hosts`) : ok(rules);
}

/** The URL is https; a suffix does not stand for the name itself. */
export const isAllowedHost = ({ hostname, port }: URL, hosts: readonly HostRule[]): boolean =>
  hosts.some(
    (rule) => rule.port === port && (rule.name.startsWith(".") ? hostname.endsWith(rule.name) : hostname === rule.name),
  );

export const describeHosts = (hosts: readonly HostRule[]): string =>
  hosts.map(({ name, port }) => `${name.startsWith(".") ? "*" : ""}${name}${port === "" ? "" : `:${port}`}`).join(", ");
