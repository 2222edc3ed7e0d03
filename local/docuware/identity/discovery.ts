// The OpenID configuration of one organisation's identity service, with what DocuWare's own advertises.

export function openIdConfiguration(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/openid-configuration/jwks`,
    authorization_endpoint: `${issuer}/connect/authorize`,
    token_endpoint: `${issuer}/connect/token`,
    userinfo_endpoint: `${issuer}/connect/userinfo`,
    end_session_endpoint: `${issuer}/connect/endsession`,
    revocation_endpoint: `${issuer}/connect/revocation`,
    introspection_endpoint: `${issuer}/connect/introspect`,
    scopes_supported: ["openid", "dwprofile", "docuware.platform", "offline_access"],
    claims_supported: ["sub", "username", "organization", "user_email", "name"],
    // Only what this service can do; DocuWare's own list is longer.
    grant_types_supported: ["password", "client_credentials", "dwtoken", "refresh_token"],
    response_types_supported: ["code", "token", "id_token"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    id_token_signing_alg_values_supported: ["RS256"],
    subject_types_supported: ["public"],
    code_challenge_methods_supported: ["plain", "S256"],
  };
}
