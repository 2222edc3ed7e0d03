// The emulator's Config.json made from the queue contract that the infrastructure code and the app read, so that the
// local broker has the very queues of the cloud. Nothing is clamped; `parseConfig` accepts what Azure accepts.
import { z } from "zod";
import contract from "../../infra/contract/queues.json" with { type: "json" };

const contractSchema = z.object({
  queues: z.array(
    z.object({
      name: z.string(),
      requiresSession: z.boolean().optional(),
      lockDuration: z.string().optional(),
      maxDeliveryCount: z.number().optional(),
      defaultMessageTimeToLive: z.string().optional(),
      deadLetteringOnMessageExpiration: z.boolean().optional(),
      requiresDuplicateDetection: z.boolean().optional(),
      duplicateDetectionHistoryTimeWindow: z.string().optional(),
      forwardTo: z.string().optional(),
      forwardDeadLetteredMessagesTo: z.string().optional(),
      maxSizeInMegabytes: z.number().optional(),
    }),
  ),
});

const capitalised = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);

/** Config.json (as an object) with the queues of a contract; without argument, of infra/contract/queues.json. */
export function configFromContract(queues: unknown = contract): object {
  const parsed = contractSchema.safeParse(queues);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`infra/contract/queues.json is not a queue contract:\n${issues.join("\n")}`);
  }
  return {
    UserConfig: {
      Namespaces: [
        {
          Name: "sbemulatorns",
          Queues: parsed.data.queues.map(({ name, ...properties }) => ({
            Name: name,
            Properties: Object.fromEntries(
              Object.entries(properties).map(([key, value]) => [capitalised(key), value] as const),
            ),
          })),
          Topics: [],
        },
      ],
      Logging: { Type: "Console" },
    },
  };
}
