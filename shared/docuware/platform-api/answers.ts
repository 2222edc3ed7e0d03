// What every answer of the Platform API and of the identity service has in common.

import { z } from "zod";
import { optionalText } from "../../kernel/foreign.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { HttpResponse } from "../../platform/http-client/http-client.ts";
import { failureOf } from "../../platform/http-client/http-failures.ts";
import { jsonOf } from "../json-body.ts";

/** Longest retry-after of DocuWare that is believed. Its throttle counts per minute. */
const MAX_RETRY_AFTER_MS = 120_000;

const errorSchema = z.object({ Message: optionalText() });
const oauthErrorSchema = z.object({ error: z.string().regex(/^[a-z_]{1,60}$/) });

interface Expected {
  /** Statuses that are wanted besides success. */
  readonly accepted?: readonly number[] | undefined;
  /** What was sent with the request and must not come back in a message. */
  readonly secrets?: readonly string[];
}

/** Throws what a status that is not wanted means, with DocuWare's own sentence. */
export function requireStatus(
  response: HttpResponse,
  request: string,
  clock: Clock,
  { accepted = [], secrets = [] }: Expected = {},
): void {
  const { status, headers } = response;
  // Which success it is (200, 201, 204) says nothing that the body does not.
  if ((status >= 200 && status < 300) || accepted.includes(status)) return;
  const answer = { status, headers, now: clock.now(), maxRetryAfterMs: MAX_RETRY_AFTER_MS };
  const value = jsonOf(response);
  const detail = errorSchema.safeParse(value).data?.Message;
  // The description of an OAuth error may repeat what was sent, so only its code is taken.
  throw failureOf(request, answer, { detail, code: oauthErrorSchema.safeParse(value).data?.error, secrets });
}

/** Milliseconds of DocuWare's `/Date(1700000000000)/` or `/Date(1700000000000+0200)/` (always UTC); its MinValue is none. */
export function docuwareDate(text: string | null | undefined): number | undefined {
  const match = /^\/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\/$/.exec(text ?? "");
  const ms = Number(match?.[1] ?? -1);
  return ms < 0 ? undefined : ms;
}
