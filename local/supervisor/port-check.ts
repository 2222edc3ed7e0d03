// Checks before the start that every port is free, so that the message names all of them and how to move them.
import { createServer } from "node:net";
import { ClearError, errorCode } from "../support/clear-error.ts";
import type { Part } from "./part.ts";

/** @throws ClearError that names each port in use, the part that needs it and the variable that moves it. */
export async function requirePorts(parts: readonly Part[]): Promise<void> {
  const taken: string[] = [];
  // One after the other: 2,000 organisations must not need 2,000 open files at once.
  for (const part of parts) {
    for (const { port, variable } of part.ports ?? []) {
      const problem = await portProblem(port);
      if (problem !== undefined) taken.push(`port ${port} (${part.name}, moved by ${variable}) ${problem}`);
      if (taken.length >= 5) break;
    }
  }
  if (taken.length === 0) return;
  const text = taken.join(", ");
  throw new ClearError(
    `${text[0]?.toUpperCase()}${text.slice(1)}. End the program that holds it or set the variable to a free port.`,
  );
}

/** Why this port cannot be used, or undefined when it is free. */
export function portProblem(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      const code = errorCode(error);
      resolve(code === "EADDRINUSE" ? "is in use" : `cannot be used (${code ?? "unknown"})`);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
