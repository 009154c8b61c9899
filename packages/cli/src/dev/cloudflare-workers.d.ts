/** What the Worker of the shared KV needs of the runtime's types. */
declare module 'cloudflare:workers' {
  export class WorkerEntrypoint<Env, Props> {
    protected readonly env: Env
    protected readonly ctx: { readonly props: Props }
  }
}
