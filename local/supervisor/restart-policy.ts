// When a part that died is started again, and when that has no sense any more.

const WINDOW_MS = 30_000;
const MAX_EXITS = 5;
const FIRST_DELAY_MS = 100;

export type RestartDecision =
  | { readonly kind: "restart"; readonly delayMs: number }
  | { readonly kind: "giveUp"; readonly exits: number; readonly windowMs: number };

/** `exits`: when the part ended, the last one included. Five ends within 30 seconds are a crash loop. */
export function decideRestart(exits: readonly number[], now: number): RestartDecision {
  const recent = exits.filter((at) => now - at < WINDOW_MS).length;
  if (recent >= MAX_EXITS) return { kind: "giveUp", exits: recent, windowMs: WINDOW_MS };
  return { kind: "restart", delayMs: FIRST_DELAY_MS * 2 ** Math.max(0, recent - 1) };
}
