// src/authz-middleware.ts
// This Worker performs authorization checks based on user roles from X-User-Roles header.
export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const userId = request.headers.get('X-User-ID');
    const userRolesRaw = request.headers.get('X-User-Roles');
    const path = new URL(request.url).pathname;

    if (!userId) {
      // This indicates the upstream authentication Worker failed or was bypassed.
      // This should ideally not happen if properly chained.
      return new Response('Forbidden: Authentication context missing', { status: 403 });
    }

    let userRoles: string[] = [];
    try {
      userRoles = userRolesRaw ? JSON.parse(userRolesRaw) : [];
    } catch (e) {
      console.error("Failed to parse X-User-Roles header for user:", userId, e);
      return new Response('Forbidden: Invalid user roles format', { status: 403 });
    }

    // Example authorization rules
    if (path.startsWith('/admin')) {
      if (!userRoles.includes('admin')) {
        return new Response('Forbidden: Admin access required', { status: 403 });
      }
    } else if (path.startsWith('/profile') && request.method === 'PUT') {
      // Example: Only a user can update their own profile, or an admin
      const profileId = path.split('/')[2]; // Assuming path is /profile/{id}
      if (profileId && profileId !== userId && !userRoles.includes('admin')) {
        return new Response('Forbidden: Cannot update another user\'s profile without admin privileges', { status: 403 });
      }
    } else if (path.startsWith('/secret-data')) {
      if (!userRoles.includes('premium')) {
        return new Response('Forbidden: Premium subscription required', { status: 403 });
      }
    }

    // If all authorization checks pass, forward the request to the origin server
    return fetch(request);
  },
};
