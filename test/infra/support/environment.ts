// What a deployment would have in its environment: every value is made up, none is a standard of the profiles.

export const SECRET_VALUE = "made-up-secret-that-may-appear-nowhere";

export const DEPLOYMENT_ENVIRONMENT: Readonly<Record<string, string>> = {
  AZURE_ENV_NAME: "test",
  AZURE_LOCATION: "westeurope",
  API_CLIENT_ID: "11111111-1111-4111-8111-111111111111",
  API_OBJECT_ID: "22222222-2222-4222-8222-222222222222",
  API_IDENTIFIER_URI: "api://docuware-operations",
  CONTROL_PLANE_URL: "https://control-plane.example",
  PROBE_CLIENT_ID: "probe",
  PROBE_CLIENT_SECRET: SECRET_VALUE,
  LINK_KEYS: SECRET_VALUE,
  WEBHOOK_MASTER_KEY: SECRET_VALUE,
  SUPPORT_ADDRESS: "support@example.com",
  EMAIL_DOMAIN: "operations.example.com",
  ON_CALL_MAIL: "on-call@example.com",
  OWNER_MAIL: "owners@example.com",
  BUDGET_START_DATE: "2027-01-01",
};

export const DEPLOYMENT_IDS = {
  tenantId: "00000000-0000-4000-8000-000000000002",
  subscriptionId: "00000000-0000-4000-8000-000000000001",
  location: "westeurope",
} as const;
