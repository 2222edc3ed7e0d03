// Pre-flight checks of an organisation before it is taken offline: what a campaign planned may not hold any more. Each
// condition is one rule; the first that does not answer "go" decides. Asking again changes nothing.

import { defined } from "../../kernel/defined.ts";
import type { Campaign } from "../core/campaign.ts";
import type { SkipCause, Upgrade } from "../core/upgrade.ts";

export type Preflight =
  /** `remark`: what is not as it should be, for its history. `announcedEnd`: when, as a hotfix's customer knows, it is over. */
  | { readonly kind: "go"; readonly remark?: string; readonly announcedEnd?: number }
  /**
   * Not yet: it keeps its place and is looked at again then, in milliseconds since the epoch. `isChecking`: it is being
   * checked, which no more than may be under way are at once.
   */
  | { readonly kind: "wait"; readonly until: number; readonly isChecking?: true }
  /** This campaign leaves it out; the customer and support are told why. */
  | { readonly kind: "skip"; readonly reason: string; readonly cause?: SkipCause };

export type PreflightCheck = (upgrade: Upgrade, campaign: Campaign) => Promise<Preflight>;

/** `conditions`: in the order in which they are asked. */
export const preflightOf =
  (conditions: readonly PreflightCheck[]): PreflightCheck =>
  async (upgrade, campaign) => {
    const remarks: string[] = [];
    let announcedEnd: number | undefined;
    for (const condition of conditions) {
      const look = await condition(upgrade, campaign);
      if (look.kind !== "go") return look;
      if (look.remark !== undefined) remarks.push(look.remark);
      announcedEnd = look.announcedEnd ?? announcedEnd;
    }
    return {
      kind: "go",
      ...(remarks.length === 0 ? {} : { remark: remarks.join("; ") }),
      ...defined({ announcedEnd }),
    };
  };
