import { count, seconds, type SettingsOf } from "../platform/settings/setting.ts";

const DAY = 86_400;

export const upgradeSettings = {
  upgrade: {
    maxInFlight: count(
      "UPGRADE_MAX_IN_FLIGHT",
      "How many organisations of a campaign may be under way at once, unless the campaign says otherwise.",
      10,
      1000,
    ),
    campaignTickMs: seconds(
      "CAMPAIGN_TICK_SECONDS",
      "How often the coordinator of a campaign looks while something is under way.",
      5,
      3600,
    ),
    soakMs: seconds(
      "RING_SOAK_SECONDS",
      "How long a ring works with a new version before the next one opens, unless the campaign says otherwise.",
      DAY,
      30 * DAY,
    ),
    noticeWaitMs: seconds(
      "HOTFIX_NOTICE_WAIT_SECONDS",
      "How long a hotfix waits for the mail of an organisation whose turn has come.",
      900,
    ),
    checkMaxAgeMs: seconds(
      "UPGRADE_CHECK_MAX_AGE_SECONDS",
      "How old a passed functional check may be when an upgrade starts.",
      1800,
    ),
    gateLimitMs: seconds(
      "RING_GATE_LIMIT_SECONDS",
      "How long an inconclusive verdict may hold a ring before the campaign pauses.",
      DAY,
      30 * DAY,
    ),
    quarantine: {
      percent: count(
        "QUARANTINE_PERCENT",
        "A version is quarantined when this share of the ended upgrades of a ring failed ...",
        20,
        100,
      ),
      atLeast: count("QUARANTINE_AT_LEAST", "... and at least so many.", 2, 1000),
    },
    standard: {
      upgradeMs: seconds(
        "UPGRADE_STANDARD_SECONDS",
        "What an upgrade is assumed to take until enough were measured.",
        3600,
      ),
      rollBackMs: seconds(
        "UPGRADE_ROLL_BACK_STANDARD_SECONDS",
        "What a roll-back is assumed to take until enough were measured.",
        3600,
      ),
    },
    policy: {
      limitsMs: {
        goingOffline: seconds("UPGRADE_GOING_OFFLINE_SECONDS", "Limit of the step.", 600),
        creatingRestorePoint: seconds("UPGRADE_RESTORE_POINT_SECONDS", "Limit of the step.", 1800),
        upgrading: seconds("UPGRADE_UPGRADING_SECONDS", "Limit of the step.", 3600),
        verifying: seconds("UPGRADE_VERIFYING_SECONDS", "Limit of the step.", 600),
        goingOnline: seconds("UPGRADE_GOING_ONLINE_SECONDS", "Limit of the step.", 600),
        restoring: seconds("UPGRADE_RESTORING_SECONDS", "Limit of the step.", 3600),
      },
      offlineLimitMs: seconds(
        "UPGRADE_OFFLINE_LIMIT_SECONDS",
        "The longest time offline of a hotfix, which has no window.",
        14_400,
      ),
      verifyAttempts: count(
        "UPGRADE_VERIFY_ATTEMPTS",
        "How often the suite runs before a failed verification counts.",
        2,
        20,
      ),
      verifyPauseMs: seconds("UPGRADE_VERIFY_PAUSE_SECONDS", "Pause before the suite runs again.", 30, 3600),
      pollEveryMs: seconds("UPGRADE_POLL_SECONDS", "How often a step under way is asked for.", 5, 3600),
    },
  },
} as const;

export type UpgradeSettings = SettingsOf<typeof upgradeSettings>["upgrade"];
