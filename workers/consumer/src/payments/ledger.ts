import { DurableObject } from 'cloudflare:workers'

/** What somebody pays. */
export interface Order {
  readonly to: string
  readonly amount: number
  readonly currency: string
}

/** Who approved an order, through which agent, and the transaction that both are of. */
export interface Approver {
  readonly approvedBy: string
  readonly txn: string
}

export interface Payment extends Order, Partial<Approver> {
  readonly id: string
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** The service that acted for the payer. */
  readonly agent: string
}

type Row = Record<string, SqlStorageValue> & {
  readonly payment: string
  readonly receipt: string | null
}

/** One person's payments: an object for each subject, so that nobody's list can hold another's. */
export class Ledger extends DurableObject {
  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env)
    context.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, at INTEGER NOT NULL, payment TEXT NOT NULL, receipt TEXT)',
    )
  }

  book(payment: Payment): void {
    const insert = 'INSERT INTO payments (id, at, payment) VALUES (?, ?, ?)'
    this.#sql.exec(insert, payment.id, payment.at, JSON.stringify(payment))
  }

  /** Keeps what proves the approval of a payment: JSON that `sealgate receipt verify` reads. */
  keepReceipt(id: string, receipt: string): void {
    this.#sql.exec('UPDATE payments SET receipt = ? WHERE id = ?', receipt, id)
  }

  /** The latest first. */
  list(): readonly (Payment & { readonly hasReceipt: boolean })[] {
    const rows = this.#sql.exec<Row>('SELECT payment, receipt FROM payments ORDER BY at DESC, id LIMIT 50')
    return [...rows].map(({ payment, receipt }) => ({
      ...(JSON.parse(payment) as Payment),
      hasReceipt: receipt !== null,
    }))
  }

  receipt(id: string): string | undefined {
    const [row] = this.#sql.exec<Row>('SELECT payment, receipt FROM payments WHERE id = ?', id)
    return row?.receipt ?? undefined
  }

  get #sql(): SqlStorage {
    return this.ctx.storage.sql
  }
}
