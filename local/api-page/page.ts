// The page: Swagger UI on the document that the app itself serves.

/** Swagger UI sets styles at its elements and draws with images that stand in its style sheet; nothing comes from outside. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>API of DocuWare Cloud operations</title><link rel="icon" href="data:,"><link rel="stylesheet" href="swagger-ui.css">
<style>body{margin:0}</style></head><body><div id="page"></div>
<script src="swagger-ui-bundle.js"></script><script src="start.js"></script></body></html>`;

/** Tokens of the local issuer are asked for through this server: a browser would not let the page ask another origin. */
export const startScript = (issuer: string, client: { id: string; secret: string; scope: string }): string => `
const page = SwaggerUIBundle({
  dom_id: "#page", url: "/api/openapi.json", deepLinking: true, filter: true, docExpansion: "list",
  defaultModelsExpandDepth: -1, validatorUrl: null,
  requestInterceptor(request) {
    const issuer = ${JSON.stringify(`${issuer}/`)};
    if (request.url.startsWith(issuer)) request.url = "/tokens/" + request.url.slice(issuer.length);
    return request;
  },
});
page.initOAuth(${JSON.stringify({ clientId: client.id, clientSecret: client.secret, scopes: client.scope })});
`;
