/** What a call, and all that it waits for, can find again. */
export interface AsyncContext<Store> {
  run<Output>(store: Store, run: () => Output): Output
  getStore(): Store | undefined
}

/** The runtime's own; `undefined` on workerd without Node APIs, where no Agent of the SDK loads either. */
export declare const AsyncLocalStorage: (new <Store>() => AsyncContext<Store>) | undefined
