/** Where a service says what it verifies with, to whoever holds a token that it accepts. */
export const PROBE_PATH = '/.well-known/sealgate'
