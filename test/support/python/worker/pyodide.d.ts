/** The files of the package `pyodide`, as modules of the Worker that hosts it. */
declare module '*/pyodide.mjs' {
  export interface Pyodide {
    readonly FS: { mkdir(path: string): void; writeFile(path: string, text: string): void }
    runPython(code: string): unknown
  }
  export function loadPyodide(options: {
    readonly createPyodideModule: unknown
    readonly indexURL: string
    readonly lockFileContents: string
    readonly stdLibURL: string
  }): Promise<Pyodide>
}
declare module '*/pyodide.asm.mjs' {
  const createPyodideModule: unknown
  export default createPyodideModule
}
declare module '*/pyodide.asm.wasm' {
  const module: object
  export default module
}
declare module '*/pyodide-lock.json' {
  const text: string
  export default text
}
declare module '*/python_stdlib.zip' {
  const bytes: ArrayBuffer
  export default bytes
}
