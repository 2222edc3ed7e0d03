// How grave an alert of Azure Monitor is: by its rule in our own contract (infra/contract/alerts.json), else by what was
// sent. Alerts on the activity log always come as Sev4, whatever has happened.

import { SEVERITIES, type Severity } from "./core/incident.ts";

/** The sections of infra/contract/alerts.json. Deployed, a rule is called `{app}-{key}`, in one section with `-alert` behind. */
export type AlertContract = Readonly<Record<string, readonly { readonly key: string; readonly severity: number }[]>>;

/** Of a severity that nobody knows: somebody must look at it, the same working day. */
const UNKNOWN: Severity = 2;
/** Budgets carry no severity. Money runs out slowly. */
const COSTS: Severity = 3;

/** Sev4 ("verbose") is our 3; the words are those of the portal. */
const SENT: Readonly<Record<string, Severity>> = {
  "0": 0,
  "1": 1,
  "2": 2,
  "3": 3,
  "4": 3,
  critical: 0,
  error: 1,
  warning: 2,
  informational: 3,
  verbose: 3,
};

export interface SentSeverity {
  /** Names and ids of the rule, the best one first; all that the alert holds. */
  readonly rules: readonly string[];
  readonly severity: string | undefined;
  readonly isAboutCosts: boolean;
}

export type AlertSeverity = (sent: SentSeverity) => Severity;

export function severityByContract(contract: AlertContract): AlertSeverity {
  // The longest key that fits: `sb-dlq-commands` is not `commands`.
  const known = Object.values(contract)
    .flat()
    .toSorted((a, b) => b.key.length - a.key.length);
  const ofRule = (rule: string): Severity | undefined => {
    const name = nameOf(rule);
    const found = known.find(({ key }) => name === key || name.endsWith(`-${key}`));
    return SEVERITIES.find((severity) => severity === found?.severity);
  };
  return ({ rules, severity, isAboutCosts }) => {
    for (const rule of rules) {
      const found = ofRule(rule);
      if (found !== undefined) return found;
    }
    const sent =
      severity
        ?.trim()
        .toLowerCase()
        .replace(/^sev(?:erity)?[\s-]*/, "") ?? "";
    if (Object.hasOwn(SENT, sent)) return SENT[sent] ?? UNKNOWN;
    return isAboutCosts ? COSTS : UNKNOWN;
  };
}

/** The last part of a resource id, without what the template puts behind a key. */
const nameOf = (rule: string): string =>
  (rule.trim().toLowerCase().replace(/\/+$/, "").split("/").at(-1) ?? "").replace(/-alert$/, "");
