// What commands of operators have in common.

/** Names an upgrade. */
export interface UpgradeKey {
  readonly campaignId: string;
  readonly organisationId: string;
}

export interface CommandOptions {
  /** The etag the caller saw; without it the present state is taken. */
  readonly ifMatch?: string | undefined;
  /** Answers what it would become, and changes nothing. */
  readonly dryRun?: boolean | undefined;
}
