// The OpenID configuration of one organisation's identity service: what this service can do of DocuWare's own.

export const openIdConfiguration = (issuer: string): object => ({
  issuer,
  token_endpoint: `${issuer}/connect/token`,
  scopes_supported: ["docuware.platform"],
  grant_types_supported: ["password", "client_credentials"],
  token_endpoint_auth_methods_supported: ["client_secret_post"],
});
