/** One way to do a piece of work. */
export interface Candidate {
  readonly name: string
  /** Does the work once, with the input at this index. */
  readonly run: (index: number) => unknown
  /** Another candidate of the group that does what is not the work itself, such as making the input; its time is taken off. */
  readonly minus?: string
}

/** Several ways to do the same work, and the one that the others are held against. */
export interface Group {
  readonly title: string
  readonly base: string
  readonly candidates: readonly Candidate[]
}

/** What of a group the measuring side has to know: functions do not travel into workerd. */
export interface GroupOutline {
  readonly title: string
  readonly base: string
  readonly candidates: readonly { readonly name: string; readonly minus?: string }[]
}

/** Groups, ready to be run. */
export class Runner {
  readonly #groups: readonly Group[]
  /** How often each candidate ran: a batch goes on where the last one stopped, so that new tokens stay new. */
  readonly #runs = new Map<Candidate, number>()

  constructor(groups: readonly Group[]) {
    this.#groups = groups
  }

  get outlines(): readonly GroupOutline[] {
    return this.#groups.map(({ title, base, candidates }) => ({
      title,
      base,
      candidates: candidates.map(({ name, minus }) => ({ name, ...(minus !== undefined && { minus }) })),
    }))
  }

  /**
   * Does the work of one candidate `count` times, one after the other.
   *
   * @throws Error when there is no such candidate
   */
  async run(title: string, name: string, count: number): Promise<void> {
    const candidate = this.#groups
      .find((group) => group.title === title)
      ?.candidates.find((one) => one.name === name)
    if (!candidate) throw new Error(`no candidate "${name}" in the group "${title}"`)
    const { run } = candidate
    const from = this.#runs.get(candidate) ?? 0
    const to = from + count
    this.#runs.set(candidate, to)
    for (let index = from; index < to; index++) {
      const outcome = run(index)
      if (outcome instanceof Promise) await outcome
    }
  }
}
