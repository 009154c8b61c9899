export {}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the local model of `sealgate dev` is (`model.ts`). */
    modelUrl: string
  }
}
