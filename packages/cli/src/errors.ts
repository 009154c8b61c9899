/** A mistake of the user's: one line says what to do. Exit code 2. */
export class UsageError extends Error {}

/** A failure that was printed where it belongs: nothing more is said. Exit code 1. */
export class SaidAlready extends Error {}
