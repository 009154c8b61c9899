/** At most 80 columns. */
export const HELP = `kit-keygen: signing keys and secrets for @sealgate/kit

Usage
  kit-keygen [options]           make an Ed25519 key pair
  kit-keygen secret [options]    make a secret for HS512
  kit-keygen check FILE          check that a pair belongs together
  kit-keygen public FILE         print the public half of a private key
  kit-keygen thumbprint FILE     print RFC 7638 thumbprints, to pin
  FILE is JSON, or a .dev.vars with keys in it; - is standard input.

Options for a key pair
  --kid=ID            key id (default: the thumbprint)
  --activate-in=TIME  when it may sign: 10m, 2h, 1d (default: at once)
  --expires-in=TIME   when it is withdrawn: 90d (default: never)
  --private           print the private JWK alone, on one line
  --public            print the public JWK alone, on one line
  --jwks              print the public JWK Set
  --dotenv            print JWT_PUBLIC_JWK and JWT_PRIVATE_JWK for .dev.vars

Options for a secret
  --bytes=N           length, 64 to 1024 (default: 64)
  --json, --dotenv    print it as JSON, or as JWT_SECRET for .dev.vars

Options for all that write
  --out=FILE          write to a file with mode 0600; does not overwrite
  --force             overwrite FILE; allow times that are too short to be safe

  --help, --version

Rotate a key while traffic flows: overwrite the slot that is not signing
  set -o pipefail
  kit-keygen --kid=2026-12-01 --activate-in=10m --private \\
    | npx wrangler secret put GATEWAY_PRIVATE_B
`
