/** What fragments in the guides take as given: each guide says in words what they are. */
declare global {
  /** The kit of this Worker. */
  const jwt: import('@sealgate/kit').Kit
  /** The request that came in. */
  const request: Request
  /** A token that came in. */
  const token: string
  /** The caller, verified by `jwt`. */
  const auth: import('@sealgate/kit').Auth
}
export {}
