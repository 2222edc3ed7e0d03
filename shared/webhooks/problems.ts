import { problemsOf } from "../platform/http/problems.ts";

export const webhookProblem = problemsOf({
  webhookUnknown: { status: 404, title: "Webhook unknown" },
  deliveryUnknown: { status: 404, title: "Delivery unknown" },
});
