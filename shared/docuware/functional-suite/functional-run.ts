// What the steps of one functional test share: the session, the limits, and what earlier steps found.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { HttpClient } from "../../platform/http-client/http-client.ts";
import type { Ids } from "../../platform/ids.ts";
import type { Wait } from "../../platform/wait.ts";
import type { DialogField } from "../platform-api/cabinets.ts";
import { connectPlatform, type Platform } from "../platform-api/platform.ts";
import type { PlatformTarget } from "../platform-api/target.ts";
import { createTokenCache } from "../platform-api/token-cache.ts";
import { newMarker, testContent } from "./test-document.ts";

export interface FunctionalDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly wait: Wait;
}

export interface FunctionalOptions {
  /** The whole run, clean-up included. Default 60 s. */
  readonly totalMs?: number;
  /** One step. Default 15 s: DocuWare answers a throttled call only after 10 s. */
  readonly stepMs?: number;
  /** Kept back of the whole for removing the document after a failure. Default 10 s, at most half of the whole. */
  readonly cleanUpMs?: number;
  /** Text field that carries the marker, if the dialogs have it. Default SUBJECT. */
  readonly markerField?: string;
}

/** The cabinet, dialogs and field that a test works with. */
export interface TestPlace {
  readonly cabinetId: string;
  readonly searchDialogId: string;
  readonly storeDialogId: string | undefined;
  readonly storeFields: readonly DialogField[];
  readonly field: string;
}

export interface FunctionalRun {
  readonly target: PlatformTarget;
  readonly deps: FunctionalDeps;
  readonly limits: { readonly totalMs: number; readonly stepMs: number; readonly cleanUpMs: number };
  readonly markerField: string;
  readonly platform: Platform;
  readonly startedAt: number;
  readonly marker: string;
  readonly content: Uint8Array;
  /** What the steps found and did, in their order. */
  readonly found: {
    version?: string;
    cabinetId?: string;
    place?: TestPlace;
    storing?: "sent" | "refused";
    documentId?: number;
    deleted?: boolean;
    purged?: boolean;
    /** The one Retry-After of the run was waited for. */
    throttled?: boolean;
  };
}

/** A new run with a session of its own: the login is one of the things to test. */
export function newRun(target: PlatformTarget, deps: FunctionalDeps, options: FunctionalOptions): FunctionalRun {
  const startedAt = deps.clock.now();
  const marker = newMarker(startedAt, deps.ids.next());
  const totalMs = options.totalMs ?? MINUTE_MS;
  return {
    target,
    deps,
    limits: {
      totalMs,
      stepMs: options.stepMs ?? 15_000,
      cleanUpMs: Math.min(options.cleanUpMs ?? 10_000, Math.floor(totalMs / 2)),
    },
    markerField: options.markerField ?? "SUBJECT",
    platform: connectPlatform(target, { http: deps.http, clock: deps.clock, tokens: createTokenCache(deps.clock, 1) }),
    startedAt,
    marker,
    content: testContent(marker),
    found: {},
  };
}
