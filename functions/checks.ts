// The queue of functional checks.

import { checkRequestSchema, retryCheckMessage } from "../shared/checks/messages.ts";
import { CHECK_QUEUE } from "../shared/checks/resources.ts";
import type { CheckVerbs } from "../shared/checks/verbs.ts";
import { queueHandler, readBy, type QueueHandlerDeps } from "../shared/platform/bus/queue-handler.ts";

export const runCheckHandler = ({ perform }: Pick<CheckVerbs, "perform">, deps: QueueHandlerDeps) =>
  queueHandler(deps, {
    queue: CHECK_QUEUE,
    read: readBy(checkRequestSchema, "check request"),
    act: perform,
    retry: (request, { now }) => retryCheckMessage(request, now),
  });
