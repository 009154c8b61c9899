import { createHash } from 'node:crypto'
import type { GatewayHealth, KeysWorld, LeakedKey, RunWrangler, Slot } from 'sealgate/internal'

/** A version of the gateway: its number is its id, padded. */
interface FakeVersion {
  readonly id: string
  readonly number: number
  readonly createdOn: string
  readonly message: string
  /** Slot to private JWK. */
  readonly secrets: Readonly<Record<string, string>>
  /** Whether it has the operator channel. */
  readonly isSilent?: boolean
}

interface Key {
  readonly kid: string
  readonly nbf: number
}

type Share = readonly [id: string, percentage: number]

export const LIFETIME = 3600
/** The largest that a service may have. */
export const LEEWAY = 300
const JWKS_SECONDS = 300

/**
 * A gateway at a Cloudflare of its own, in memory, with a clock that stands still but for sleeps: for the commands on keys,
 * and what wrangler would say to them.
 */
export class FakeKeysWorld implements KeysWorld {
  readonly worker = { config: 'wrangler.jsonc', env: 'production' }
  readonly said: string[] = []
  /** What wrangler was run with, without flags that are always the same. */
  readonly commands: string[] = []
  readonly versions: FakeVersion[] = []
  readonly deployments: (readonly Share[])[] = []
  readonly denied = new Set<string>()
  readonly remembered: LeakedKey[] = []
  hasDenylist = true
  mode: 'EdDSA' | 'HS512' = 'EdDSA'
  /** Seconds since the epoch. */
  time = 1_800_000_000
  /** What is said to each question. */
  consent = true
  /** Fails what wrangler is run with, once, before it has done it. */
  failOn: RegExp | undefined
  /** What others do before wrangler does this. */
  beforeCommand: (command: string) => void = () => undefined
  /** Services that get no new JWKS. */
  isCutOff = false
  #held: { readonly kids: readonly string[]; readonly at: number } | undefined
  #turn = 0

  /** @param keys slot to the age of its key in seconds; none: the slot is unset */
  constructor(keys: Readonly<Record<string, number | undefined>>) {
    const secrets = Object.entries(keys).flatMap(([slot, age]): [string, string][] =>
      age === undefined ? [] : [[slot, this.#key(`first-${slot.slice(-1).toLowerCase()}`, this.time - age)]],
    )
    this.upload('first', Object.fromEntries(secrets))
    this.deploy([this.newest.id, 100])
  }

  get newest(): FakeVersion {
    const newest = this.versions.at(-1)
    if (!newest) throw new Error('there is none')
    return newest
  }

  get shares(): readonly Share[] {
    return this.deployments.at(-1) ?? []
  }

  /** `1@90 2@10`: who is live. */
  get live(): string {
    return this.shares.map(([id, percentage]) => `${Number(id.slice(0, 8))}@${percentage}`).join(' ')
  }

  upload(message: string, secrets = this.newest.secrets, isSilent = false): string {
    const number = this.versions.length + 1
    const id = `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`
    this.time++
    const createdOn = new Date(this.time * 1000).toISOString()
    this.versions.push({ id, number, createdOn, message, secrets, isSilent })
    return id
  }

  deploy(...shares: readonly Share[]): void {
    this.deployments.push(shares)
  }

  /** The kid in each slot of a version. */
  kidsOf(id: string): Readonly<Record<string, string>> {
    const { secrets } = this.#version(id)
    return Object.fromEntries(Object.entries(secrets).map(([slot, text]) => [slot, keyIn(text).kid]))
  }

  readonly run: RunWrangler = (args, stdin) => {
    const command = args.slice(0, args.indexOf('--config')).join(' ')
    this.commands.push(command)
    this.beforeCommand(command)
    if (this.failOn?.test(command)) {
      this.failOn = undefined
      return Promise.resolve({ code: 1, stdout: '', stderr: 'the connection broke' })
    }
    return Promise.resolve(this.#wrangler(args, stdin ?? ''))
  }

  #wrangler(args: readonly string[], stdin: string): Awaited<ReturnType<RunWrangler>> {
    const done = (result: unknown = ''): Awaited<ReturnType<RunWrangler>> => ({
      ...{ code: 0, stderr: '' },
      stdout:
        typeof result === 'string' ? result : `a line of its own\n${JSON.stringify(result, undefined, 2)}`,
    })
    const message = args[args.indexOf('--message') + 1] ?? ''
    const deployment = (shares: readonly Share[], index: number): object => ({
      created_on: new Date(index * 1000).toISOString(),
      versions: shares.map(([version_id, percentage]) => ({ version_id, percentage })),
    })
    switch (args.slice(0, 2).join(' ')) {
      case 'versions list':
        return done(
          this.versions.slice(-10).map(({ id, number, createdOn, message: said }) => ({
            ...{ id, number, metadata: { created_on: createdOn } },
            annotations: { 'workers/message': said },
          })),
        )
      case 'versions view': {
        const { number, createdOn } = this.#version(args[2] ?? '')
        return done({ id: args[2], number, metadata: { created_on: createdOn } })
      }
      case 'deployments status':
        return done(deployment(this.shares, 0))
      case 'deployments list':
        return done(this.deployments.map(deployment))
      case 'secret put': {
        const [[id, percentage] = ['', 0], ...others] = this.shares
        if (others.length > 0 || percentage !== 100 || id !== this.newest.id)
          return {
            code: 1,
            stdout: '',
            stderr: 'Secret edit failed … wrangler versions secret put [code: 10215]',
          }
        this.deploy([this.upload('', { ...this.newest.secrets, [args[2] ?? '']: stdin }), 100])
        return done()
      }
      case 'versions secret':
        this.upload(message, { ...this.newest.secrets, [args[3] ?? '']: stdin })
        return done()
      case 'versions deploy':
        this.deploy(
          ...args
            .filter((arg) => arg.includes('@'))
            .map((spec): Share => [spec.split('@')[0] ?? '', Number.parseFloat(spec.split('@')[1] ?? '')]),
        )
        return done()
      default:
        if (args[0] !== 'rollback') throw new Error(`wrangler ${args.join(' ')}`)
        this.deploy([args[1] ?? '', 100])
        return done()
    }
  }

  readonly gateway = {
    health: (): Promise<GatewayHealth> => {
      const served = this.shares.filter(([, percentage]) => percentage > 0)
      const [id] = served[this.#turn++ % served.length] ?? ['']
      return Promise.resolve(this.#health(id))
    },
    healthOf: (id: string): Promise<GatewayHealth | undefined> => {
      const isThere = this.shares.some(([one]) => one === id) && this.#version(id).isSilent !== true
      return Promise.resolve(isThere ? this.#health(id) : undefined)
    },
    probe: async () => {
      if (!this.#held || (!this.isCutOff && this.time - this.#held.at >= JWKS_SECONDS)) {
        this.#held = { kids: (await this.gateway.health()).keys.map(({ kid }) => kid), at: this.time }
      }
      return [
        { service: 'reports', audience: 'reports', kids: this.#held.kids },
        { service: 'old', audience: 'old', kids: undefined, problem: 'it has no probe()' },
      ]
    },
    denyKey: (thumbprint: string) => {
      this.denied.add(thumbprint)
      return Promise.resolve()
    },
    deniedAmong: (thumbprints: readonly string[]) =>
      Promise.resolve(thumbprints.filter((one) => this.denied.has(one))),
  }

  #health(id: string): GatewayHealth {
    const { secrets } = this.#version(id)
    const keys = Object.entries(secrets).map(([name, text]) => ({ name, ...keyIn(text) }))
    const signing = keys.filter(({ nbf }) => nbf <= this.time).sort((one, other) => other.nbf - one.nbf)[0]
    const slots = ['GATEWAY_PRIVATE_A', 'GATEWAY_PRIVATE_B'].map((name): Slot => {
      const key = keys.find((one) => one.name === name)
      const label = `${name} (named by JWT_PRIVATE_JWK_NAME)`
      if (!key) return { name: label, state: 'skipped', problem: 'it is unset or empty' }
      const { kid, nbf } = key
      return {
        name: label,
        kid,
        nbf,
        state: key === signing ? 'signing' : nbf > this.time ? 'next' : 'previous',
      }
    })
    const published = keys.map(({ kid }) => ({ kid, thumbprint: thumbprintOf(kid) }))
    return {
      ...{ time: this.time, versionId: id, mode: this.mode, slots, keys: published },
      ...{ hasDenylist: this.hasDenylist, maxTtl: LIFETIME },
    }
  }

  #version(id: string): FakeVersion {
    const found = this.versions.find((one) => one.id === id)
    if (!found) throw new Error(`there is no version ${id}`)
    return found
  }

  readonly leaked = {
    all: this.remembered,
    set: (key: LeakedKey) => {
      const index = this.remembered.findIndex(({ thumbprint }) => thumbprint === key.thumbprint)
      this.remembered.splice(index < 0 ? this.remembered.length : index, 1, key)
    },
  }
  readonly say = (text: string): void => void this.said.push(text)
  readonly confirm = (): Promise<boolean> => Promise.resolve(this.consent)
  readonly keygen = (args: readonly string[]): Promise<string> => {
    const flag = (name: string): string | undefined =>
      args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
    const [, count = '0', unit = 's'] = /^(\d+)([smh])$/.exec(flag('activate-in') ?? '0s') ?? []
    const wait = Number(count) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1)
    return Promise.resolve(`${this.#key(flag('kid') ?? '', this.time + wait)}\n`)
  }
  readonly now = (): number => this.time
  readonly sleep = (seconds: number): Promise<void> => {
    this.time += seconds
    return Promise.resolve()
  }

  #key(kid: string, nbf: number): string {
    return JSON.stringify({ kid, nbf, d: 'SECRET' })
  }
}

export function thumbprintOf(kid: string): string {
  return createHash('sha256').update(kid).digest('base64url')
}

function keyIn(text: string): Key {
  return JSON.parse(text) as Key
}
