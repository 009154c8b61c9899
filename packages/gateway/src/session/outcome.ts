import { type ErrorCode, GatewayError, problemOf } from '../errors.ts'

/** What a Durable Object returns: classes and codes of errors do not cross RPC. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly detail: string
      readonly headers: Readonly<Record<string, string>>
    }

export async function outcomeOf<Value>(act: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await act() }
  } catch (error) {
    const { reason: code, detail = code } = problemOf(error)
    return { ok: false, code, detail, headers: error instanceof GatewayError ? error.headers : {} }
  }
}

/** @throws GatewayError as it was on the other side */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value
  const { code, detail, headers } = outcome
  throw new GatewayError(code, { headers, detail })
}
