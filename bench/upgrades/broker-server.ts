// The local Service Bus with the project's queues, in memory, in a process of its own.
import { startBroker } from "../../local/servicebus/broker.ts";
import { queuesFrom } from "../../local/servicebus/queues.ts";
import { endWithParent } from "../../local/support/end-with-parent.ts";

const { connectionString, managementPort } = await startBroker({ port: 0, managementPort: 0, queues: queuesFrom() });
process.send?.({ connectionString, managementPort });
// Nothing is kept, so nothing has to be saved.
process.once("SIGTERM", () => process.exit(0));
endWithParent();
