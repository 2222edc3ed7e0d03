// The fixed local addresses (docs/local-stack.md, "Addresses"). Each can be overridden by an environment variable LOCAL_<NAME>_PORT.

const port = (name: string, standard: number): number => {
  const text = process.env[`LOCAL_${name}_PORT`];
  if (text === undefined || text === "") return standard;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new Error(`LOCAL_${name}_PORT must be a port number from 1 to 65535.`);
  }
  return value;
};

export const PORTS = {
  functions: port("FUNCTIONS", 7071),
  blob: port("BLOB", 10_000),
  queue: port("QUEUE", 10_001),
  table: port("TABLE", 10_002),
  amqp: port("AMQP", 5672),
  busManagement: port("BUS_MANAGEMENT", 5300),
  identity: port("IDENTITY", 7080),
  controlPlane: port("CONTROL_PLANE", 7081),
  mail: port("MAIL", 7082),
  tokens: port("TOKENS", 7083),
  apiPage: port("API_PAGE", 7084),
  /** Organisation n of the fleet listens on this port + n. */
  organisations: port("ORGANISATIONS", 20_000),
} as const;
