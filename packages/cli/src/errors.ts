/** A mistake of the user's: one line says what to do. Exit code 2. */
export class UsageError extends Error {}
