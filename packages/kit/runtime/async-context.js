// By name and at run time: where workerd has no Node APIs a bundle that imports it does not load.
export const AsyncLocalStorage = globalThis.process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage
