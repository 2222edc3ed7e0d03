// Every rule that a stack must obey.

import type { Rules, Stack } from "../stack.ts";
import { ALERTS } from "./alerts.ts";
import { CONTRACT } from "./contract.ts";
import { ROLES_RULES } from "./roles.ts";
import { SECURITY } from "./security.ts";
import { SHAPE } from "./shape.ts";
import { VALUES } from "./values.ts";

export const RULES: Rules = { ...SHAPE, ...SECURITY, ...ROLES_RULES, ...VALUES, ...ALERTS, ...CONTRACT };

/** All that is wrong with a stack, as `rule: problem`. */
export const findings = (stack: Stack): readonly string[] =>
  Object.entries(RULES).flatMap(([name, rule]) => rule(stack).map((problem) => `${name}: ${problem}`));
