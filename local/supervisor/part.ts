// What the supervisor runs: a part is one process with a way to tell that it is usable.

export interface PartPort {
  readonly port: number;
  /** The environment variable that moves it, for the message when it is in use. */
  readonly variable: string;
}

export interface Part {
  /** Unique; names its log and pid file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the supervisor's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Parts that must be ready before this one starts. */
  readonly needs?: readonly string[];
  readonly readyWhen: { readonly line: RegExp } | { readonly url: string };
  /** Default 60 s. */
  readonly readyTimeoutMs?: number;
  /** From SIGTERM to SIGKILL; default 10 s. */
  readonly stopTimeoutMs?: number;
  readonly ports?: readonly PartPort[];
}

export type StackEvent =
  | { readonly kind: "starting"; readonly part: string; readonly pid: number | undefined }
  | { readonly kind: "ready"; readonly part: string; readonly pid: number | undefined; readonly afterMs: number }
  | { readonly kind: "exited"; readonly part: string; readonly reason: string; readonly expected: boolean }
  | { readonly kind: "restarting"; readonly part: string; readonly inMs: number };
