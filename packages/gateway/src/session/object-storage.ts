/** Where one record is kept: that of a Durable Object, in a test a variable. */
export interface ObjectStorage<Kept> {
  read(): Promise<Kept | undefined>
  write(record: Kept): Promise<void>
  clear(): Promise<void>
  /** @param at seconds since the epoch */
  wake(at: number): Promise<void>
}
