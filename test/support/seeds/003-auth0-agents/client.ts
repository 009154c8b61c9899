import { Hono } from "hono"; import { auth } from "@sealgate/gateway/hono"; const app = new Hono();
// Configure auth middleware with Auth0 options
app.use( auth({ domain: process.env.AUTH0_DOMAIN, clientID: process.env.AUTH0_CLIENT_ID, clientSecret: process.env.AUTH0_CLIENT_SECRET, baseURL: process.env.BASE_URL, session: { secret: "password_at_least_32_characters_long", }, }), ); app.get("/", (c) => { const user = c.var.auth0Client?.getSession(c)?.user; return c.text(`Hello ${user?.name}!`); }); export default app;
