// HTTP: webhooks and their deliveries.

import { z } from "zod";
import { defineEndpoint, invalid } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import {
  deliveryView,
  viewDelivery,
  viewWebhook,
  webhookBody,
  webhookView,
  webhookWithSecretView,
} from "../../shared/webhooks/api.ts";
import { deliveryIdSchema } from "../../shared/webhooks/core/delivery.ts";
import { webhookIdSchema } from "../../shared/webhooks/core/webhook.ts";
import type { CreateRefusal } from "../../shared/webhooks/create-webhook.ts";
import type { WebhookCommandRefusal } from "../../shared/webhooks/webhook-commands.ts";
import type { WebhookVerbs } from "../../shared/webhooks/verbs.ts";
import { webhookProblem } from "../../shared/webhooks/problems.ts";

const params = z.object({ webhookId: webhookIdSchema });

export function webhookEndpoints(webhooks: WebhookVerbs) {
  return [
    listWebhooks(webhooks),
    postWebhook(webhooks),
    getWebhook(webhooks),
    putWebhook(webhooks),
    removeWebhook(webhooks),
    rotateWebhookSecret(webhooks),
    sendTest(webhooks),
    listDeliveries(webhooks),
    redeliverDelivery(webhooks),
  ];
}

const webhookUnknown = (webhookId: string) =>
  webhookProblem("webhookUnknown", `There is no webhook ${webhookId}. GET /api/webhooks lists them.`);

const listWebhooks = ({ store }: WebhookVerbs) =>
  defineEndpoint({
    name: "list-webhooks",
    method: "GET",
    route: "webhooks",
    role: "Upgrades.Read",
    summary: "Webhooks, ascending by id",
    query: pageQuery,
    answers: { 200: pageOf(webhookView) },
    handle: async ({ query }) => {
      const page = await store.listWebhooks(query.limit, query.cursor);
      const items = page.items.filter(({ status }) => status !== "deleted").map(viewWebhook);
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });

const postWebhook = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "create-webhook",
    method: "POST",
    route: "webhooks",
    role: "Upgrades.Manage",
    summary: "Subscribes an endpoint to events; the answer holds its signing secret, this once",
    body: webhookBody,
    answers: { 201: webhookWithSecretView },
    handle: async ({ body, caller, headers }) => {
      const created = await webhooks.create(body, caller.actor, headers.idempotencyKey);
      if (!created.ok) return creationProblem(created.error);
      const { webhook, etag, secret } = created.value;
      const location = `/api/webhooks/${webhook.webhookId}`;
      return { status: 201, body: { ...viewWebhook(webhook), secret }, headers: { etag, location } };
    },
  });

function creationProblem(refusal: CreateRefusal) {
  switch (refusal.kind) {
    case "badAddress":
      return badAddress(refusal.reason);
    case "tooMany":
      return problem("wrongState", `There are ${refusal.most} webhooks already. Delete one that is not needed.`);
    case "differentRequest":
      return problem(
        "idempotencyKeyReused",
        "This Idempotency-Key came before with another request, or more than a day ago. Use a new key.",
      );
  }
}

const badAddress = (message: string) => invalid([{ pointer: "/body/url", message }]);

const getWebhook = ({ store }: WebhookVerbs) =>
  defineEndpoint({
    name: "get-webhook",
    method: "GET",
    route: "webhooks/{webhookId}",
    role: "Upgrades.Read",
    summary: "One webhook",
    params,
    answers: { 200: webhookView },
    handle: async ({ params: { webhookId } }) => {
      const stored = await store.readWebhook(webhookId);
      if (stored === undefined || stored.webhook.status === "deleted") return webhookUnknown(webhookId);
      return { status: 200, body: viewWebhook(stored.webhook), headers: { etag: stored.etag } };
    },
  });

const putWebhook = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "put-webhook",
    method: "PUT",
    route: "webhooks/{webhookId}",
    role: "Upgrades.Manage",
    summary: "Replaces, disables or enables a webhook (If-Match with the ETag that was read, or *)",
    params,
    body: webhookBody,
    answers: { 200: webhookView },
    handle: async ({ params: { webhookId }, body, headers }) => {
      if (headers.ifMatch === undefined) return etagNeeded();
      const replaced = await webhooks.replace(webhookId, body, headers.ifMatch);
      if (!replaced.ok) return commandProblem(webhookId, replaced.error);
      const { webhook, etag } = replaced.value;
      return { status: 200, body: viewWebhook(webhook), headers: { etag } };
    },
  });

const removeWebhook = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "delete-webhook",
    method: "DELETE",
    route: "webhooks/{webhookId}",
    role: "Upgrades.Manage",
    summary: "Removes a webhook and its deliveries (If-Match with the ETag that was read, or *)",
    params,
    answers: { 204: z.undefined() },
    handle: async ({ params: { webhookId }, headers }) => {
      if (headers.ifMatch === undefined) return etagNeeded();
      const removed = await webhooks.remove(webhookId, headers.ifMatch);
      return removed.ok ? { status: 204 } : commandProblem(webhookId, removed.error);
    },
  });

const rotateWebhookSecret = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "rotate-webhook-secret",
    method: "POST",
    route: "webhooks/{webhookId}/rotate-secret",
    role: "Upgrades.Manage",
    summary: "Makes a new signing secret and shows it, this once; the old one signs as well for 24 hours",
    params,
    answers: { 200: webhookWithSecretView },
    handle: async ({ params: { webhookId }, headers }) => {
      const rotated = await webhooks.rotateSecret(webhookId, headers.ifMatch);
      if (!rotated.ok) return commandProblem(webhookId, rotated.error);
      const { webhook, etag, secret } = rotated.value;
      return { status: 200, body: { ...viewWebhook(webhook), secret }, headers: { etag } };
    },
  });

const etagNeeded = () =>
  problem("preconditionRequired", "Send If-Match with the ETag that GET answered, or * for whatever is there.");

function commandProblem(webhookId: string, refusal: WebhookCommandRefusal) {
  switch (refusal.kind) {
    case "unknownWebhook":
      return webhookUnknown(webhookId);
    case "badAddress":
      return badAddress(refusal.reason);
    case "changedMeanwhile":
      return problem("preconditionFailed", `Webhook ${webhookId} has changed since it was read. Read it again.`);
    case "rotatedTooOften":
      return problem(
        "wrongState",
        `The secret of webhook ${webhookId} was rotated five times within 24 hours. Wait until the oldest one ends.`,
      );
  }
}

const sendTest = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "test-webhook",
    method: "POST",
    route: "webhooks/{webhookId}/test",
    role: "Upgrades.Manage",
    summary: "Sends a webhook.test event now, once, and answers how it went",
    params,
    answers: { 200: deliveryView },
    handle: async ({ params: { webhookId } }) => {
      const tested = await webhooks.sendTest(webhookId);
      if (tested.ok) return { status: 200, body: viewDelivery(tested.value) };
      switch (tested.error.kind) {
        case "unknownWebhook":
          return webhookUnknown(webhookId);
        case "busy":
          return problem(
            "wrongState",
            `Something else is being sent to webhook ${webhookId}, or its endpoint asked for a pause. Try again in a minute.`,
          );
      }
    },
  });

const listDeliveries = ({ store }: WebhookVerbs) =>
  defineEndpoint({
    name: "list-webhook-deliveries",
    method: "GET",
    route: "webhooks/{webhookId}/deliveries",
    role: "Upgrades.Read",
    summary: "The deliveries of a webhook with their attempts, newest event first; kept for 30 days",
    params,
    query: pageQuery,
    answers: { 200: pageOf(deliveryView) },
    handle: async ({ params: { webhookId }, query }) => {
      const stored = await store.readWebhook(webhookId);
      if (stored === undefined || stored.webhook.status === "deleted") return webhookUnknown(webhookId);
      const page = await store.listDeliveries(webhookId, Math.min(query.limit, 100), query.cursor);
      return { status: 200, body: pageView(page.items.map(viewDelivery), page.cursor) };
    },
  });

const redeliverDelivery = (webhooks: WebhookVerbs) =>
  defineEndpoint({
    name: "redeliver-webhook",
    method: "POST",
    route: "webhooks/{webhookId}/deliveries/{deliveryId}/redeliver",
    role: "Upgrades.Manage",
    summary: "Sends a delivery again within a minute, under the same webhook-id",
    params: params.extend({ deliveryId: deliveryIdSchema }),
    answers: { 202: deliveryView },
    handle: async ({ params: { webhookId, deliveryId } }) => {
      const done = await webhooks.redeliver(webhookId, deliveryId);
      if (done.ok) return { status: 202, body: viewDelivery(done.value) };
      switch (done.error.kind) {
        case "unknownWebhook":
          return webhookUnknown(webhookId);
        case "unknownDelivery":
          return webhookProblem("deliveryUnknown", `There is no delivery ${deliveryId} of webhook ${webhookId}.`);
        case "disabled":
          return problem("wrongState", `Webhook ${webhookId} is disabled. Enable it first: that sends what waits.`);
      }
    },
  });
