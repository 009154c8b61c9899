import { Argument, Command } from 'commander'
import { verifyReceipt } from '@sealgate/kit/approvals'
import { SaidAlready } from '../errors.ts'
import { describeReceipt, describeRejection } from '../receipt/describe-receipt.ts'
import { readJson, readKeySets } from '../receipt/read-json.ts'
import { printableJson } from '../terminal/printable.ts'

const NOTES = `
Whoever made the key sets is believed: take them from the gateway while it publishes the key (JWKS_PUBLIC, or the entrypoint
Keys), and keep them where receipts are kept. Exit code 0: it holds; 1: it does not.

Examples:
  sealgate receipt verify payment.json
  sealgate receipt verify payment.json --jwks keys/2026-10.json keys/2026-11.json
`

interface ReceiptFlags {
  readonly jwks: readonly string[]
  readonly json: boolean
}

/** `sealgate receipt`. */
export function receiptCommand(): Command {
  return new Command('receipt')
    .summary('verify the receipt of an act that a person approved')
    .description(
      'Verifies what came of an act that a person approved, however long ago: that the gateway signed it, by which key and when, ' +
        'and that tool and arguments are those that were approved. It asks nobody: receipt and keys are files.',
    )
    .addArgument(new Argument('<what>', 'what to do with it').choices(['verify']))
    .argument('<file>', 'the receipt, as jwt.receipt gave it: JSON')
    .option('--jwks <file...>', 'JWK Sets of the gateway, one from each time between two rotations', [
      'jwks.json',
    ])
    .option('--json', 'print the outcome as JSON', false)
    .addHelpText('after', NOTES)
    .action(async (_what: string, file: string, { jwks, json }: ReceiptFlags) => {
      const verified = await verifyReceipt(readJson(file), readKeySets(jwks))
      const lines = verified.ok ? describeReceipt(verified) : describeRejection(verified)
      process.stdout.write(`${json ? printableJson(verified) : lines.join('\n')}\n`)
      if (!verified.ok) throw new SaidAlready()
    })
}
