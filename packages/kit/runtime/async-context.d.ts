/**
 * What a call, and all that it waits for, can find again. For Agents alone: their SDK needs it too, and at the dates at
 * which workerd has no Node APIs neither loads.
 */
export declare class AsyncLocalStorage<Store> {
  run<Output>(store: Store, run: () => Output): Output
  getStore(): Store | undefined
}
