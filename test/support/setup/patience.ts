/**
 * Milliseconds for a test or hook, and for a wait within one. A limit ends what hangs, and says nothing of speed: what takes
 * a second takes a minute on a machine that does other things too. A wait ends before its test: it says what never came.
 */
export const PATIENCE = { test: 600_000, wait: 240_000 }

/** The same for tests of a project that a test makes: its own limits are those of a machine that does nothing else. */
export const PATIENT_VITEST = [`--testTimeout=${PATIENCE.test}`, `--hookTimeout=${PATIENCE.test}`]
