// Which machine this process runs on: for people who look for it, never part of what is decided.
import { hostname } from "node:os";
import { cut } from "../kernel/text.ts";

/** Letters, digits and hyphens, at most 60. */
export const instanceName = (): string => cut(hostname().replaceAll(/[^A-Za-z0-9-]/g, "-"), 60);
