/**
 * Runs Python in workerd without its own Python runtime, which has to be downloaded: the same Pyodide, from npm,
 * loaded by a Worker. `fetch` of /name goes to the class `Default` of the Python module `name`.
 */
import createPyodideModule from './pyodide.asm.mjs'
import wasm from './pyodide.asm.wasm'
import lock from './pyodide-lock.json'
import { loadPyodide, type Pyodide } from './pyodide.mjs'
import stdlib from './python_stdlib.zip'

/** The part of WebAssembly that is used here: the types of Node name less. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports?: object) => object
}

interface Env {
  /** Makes a module of bytes, which Workers may not do otherwise. Pyodide makes some of 40 bytes each. */
  readonly UNSAFE_EVAL: { newWasmModule(bytes: Uint8Array): object }
  /** Python modules by path: those of the wheel in `sealgate/`, the Worker's own beside it. */
  readonly PYTHON: Readonly<Record<string, string>>
}

const DISPATCH = `
from importlib import import_module

async def dispatch(name, request, env):
    return await import_module(name).Default(env).fetch(request)

dispatch
`
const STDLIB_URL = 'https://pyodide.internal/python_stdlib.zip'

let dispatch: ((name: string, request: Request, env: Env) => Promise<Response>) | undefined

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    dispatch ??= await start(env)
    return dispatch(new URL(request.url).pathname.slice(1), request, env)
  },
}

async function start(env: Env): Promise<NonNullable<typeof dispatch>> {
  const restore = standInForABrowser(env)
  const pyodide: Pyodide = await loadPyodide({
    createPyodideModule,
    indexURL: 'https://pyodide.internal/',
    lockFileContents: lock,
    stdLibURL: STDLIB_URL,
  })
  restore()
  pyodide.FS.mkdir('/home/pyodide/sealgate')
  for (const [path, text] of Object.entries(env.PYTHON)) pyodide.FS.writeFile(`/home/pyodide/${path}`, text)
  return pyodide.runPython(DISPATCH) as NonNullable<typeof dispatch>
}

/** Gives Pyodide what it looks for when it loads. Returns what takes back the part that would be in the way later. */
function standInForABrowser({ UNSAFE_EVAL }: Env): () => void {
  const { fetch } = globalThis
  const wasmApi = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi
  const make = (bytes: Uint8Array): object => UNSAFE_EVAL.newWasmModule(bytes)
  const instantiate = (module: object, imports?: object): object => new wasmApi.Instance(module, imports)
  Object.assign(wasmApi, {
    Module: new Proxy(wasmApi.Module, { construct: (_, [bytes]: [Uint8Array]) => make(bytes) }),
    compile: (bytes: Uint8Array) => Promise.resolve(make(bytes)),
    instantiate: (module: object, imports?: object) => Promise.resolve(instantiate(module, imports)),
    instantiateStreaming: (_: unknown, imports?: object) =>
      Promise.resolve({ module: wasm, instance: instantiate(wasm, imports) }),
  })
  Object.assign(globalThis, {
    fetch: (url: string | URL) => Promise.resolve(new Response(String(url) === STDLIB_URL ? stdlib : null)),
    location: new URL('https://pyodide.internal/'),
    setImmediate: (task: () => void) => setTimeout(task, 0),
  })
  return () => Object.assign(globalThis, { fetch })
}
