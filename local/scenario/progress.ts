// Live progress: one line that renews itself on a terminal, elsewhere plain lines, at most one a second.

export interface ProgressLine {
  /** Shows the text: on a terminal in place of the last one, elsewhere as a line of its own when the last is a while ago. */
  readonly show: (text: string) => void;
  /** Writes a line that stays. */
  readonly note: (text: string) => void;
}

export function progressLine(out: NodeJS.WriteStream): ProgressLine {
  let last = "";
  let lastAt = 0;
  const clear = out.isTTY ? "\r\u001B[2K" : "";
  return {
    show(text) {
      if (text === last || (!out.isTTY && Date.now() - lastAt < 1000)) return;
      last = text;
      lastAt = Date.now();
      out.write(out.isTTY ? `${clear}${text.slice(0, out.columns - 1)}` : `${text}\n`);
    },
    note(text) {
      out.write(`${clear}${text}\n`);
      last = "";
    },
  };
}
