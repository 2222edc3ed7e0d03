// One POST; its undici (undici-post.ts) is loaded with the first: no function needs it to be registered.

import type { PostOnce } from "./post.ts";

/** Sends to the checked addresses only. */
export const postOnce: PostOnce = async (post, signal) => (await import("./undici-post.ts")).postByUndici(post, signal);
