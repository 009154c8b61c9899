// src/auth-worker.ts
// This Worker intercepts requests, validates JWTs using jose library, and adds user context headers.
import { jwtVerify, createRemoteJWKSet, type JWKSVerifyOptions } from 'jose';

export interface Env {
  AUTH_JWKS_URL: string;   // URL for JWKS endpoint, e.g., https://idp.example.com/.well-known/jwks.json
  AUTH_ISSUER: string;     // Expected JWT issuer, e.g., https://idp.example.com/
  AUTH_AUDIENCE: string;   // Expected JWT audience, e.g., your-api-client-id
  AUTHZ_WORKER: Fetcher;   // Service binding for the authorization Worker
}

async function validateJwt(token: string, env: Env): Promise<Record<string, any> | null> {
  try {
    const JWKS = createRemoteJWKSet(new URL(env.AUTH_JWKS_URL));
    const { payload } = await jwtVerify(token, JWKS, {
      issuer: env.AUTH_ISSUER,
      audience: env.AUTH_AUDIENCE,
      // Optional: Add other validation options like 'maxTokenAge' for stricter control
    } as JWKSVerifyOptions); // Type assertion to satisfy jose's options type

    return payload as Record<string, any>;
  } catch (error) {
    console.error("JWT validation error:", error);
    return null;
  }
}

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const authHeader = request.headers.get('Authorization');

    if (!authHeader || !authHeader.startsWith('Bearer ')) {
      return new Response('Unauthorized: Missing or malformed Authorization header', { status: 401 });
    }

    const token = authHeader.substring(7);
    const payload = await validateJwt(token, env);

    if (!payload) {
      return new Response('Unauthorized: Invalid or expired token', { status: 401 });
    }

    // Add user context to the request headers before forwarding
    const newHeaders = new Headers(request.headers);
    newHeaders.set('X-User-ID', payload.sub as string); // 'sub' is typically the user ID
    newHeaders.set('X-User-Roles', payload.roles ? JSON.stringify(payload.roles) : '[]');
    // Avoid passing the full JWT payload unless strictly necessary due to potential size and security implications.
    // If needed, select specific claims to forward.

    const newRequest = new Request(request, {
      headers: newHeaders,
    });

    // Forward the authenticated request to the authorization Worker using the service binding
    return env.AUTHZ_WORKER.fetch(newRequest);
  },
};
