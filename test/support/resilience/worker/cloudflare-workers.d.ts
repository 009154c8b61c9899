/** The one name that the Workers here import. The types of Workers and of Node do not go into one program. */
declare module 'cloudflare:workers' {
  export const env: Readonly<Record<string, unknown>>
}
