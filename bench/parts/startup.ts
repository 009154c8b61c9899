import { join } from 'node:path'
import { at } from '../candidates/inputs.ts'
import { bundle, ROOT } from '../measure/bundle.ts'
import { type ColdSample, ColdStarts, type ColdWorker } from '../measure/cold.ts'
import { facesOf } from '../measure/faces.ts'
import { AUDIENCE, type Fixtures, ISSUER } from '../measure/fixtures.ts'
import { workerFile } from '../measure/miniflare.ts'
import { median, shuffled, type Spread, spreadOf } from '../measure/stats.ts'

/** How long a Worker takes from the start of workerd to its first response. */
export interface Startup {
  readonly name: string
  /** Milliseconds, median. */
  readonly milliseconds: number
  /** Milliseconds over the empty Worker, by rounds. */
  readonly over: Spread
  /** The same in CPU time, which other programs disturb less; `null` where /proc does not tell. */
  readonly cpuOver: Spread | null
}

/** A Worker that is started cold. */
interface Program extends Omit<ColdWorker, 'code'> {
  readonly file: string
  /** It needs this face of the kit. */
  readonly face?: string
}

export const EMPTY = 'empty'

function programs({ publicJwk, privateJwk }: Fixtures): readonly Program[] {
  const key = { bindings: { PUBLIC_JWK: JSON.stringify(publicJwk) } }
  const verify = { ...key, face: './verify' }
  return [
    { name: EMPTY, file: workerFile('startup/empty.ts') },
    { name: 'raw', file: workerFile('startup/raw.ts'), ...key },
    { name: 'ours', file: workerFile('startup/ours.ts'), ...key },
    { name: 'ours, makeKit', file: workerFile('startup/make-kit.ts'), ...key },
    { name: 'ours, makeVerifier', file: workerFile('startup/make-verifier.ts'), ...verify },
    { name: 'ours, createVerifier', file: workerFile('startup/create-verifier.ts'), ...verify },
    { name: 'jose', file: workerFile('startup/jose.ts'), ...key },
    {
      name: 'the gateway, to its JWKS',
      file: join(ROOT, 'workers/gateway/src/index.ts'),
      path: '/.well-known/jwks.json',
      bindings: {
        WORKER_ENV: 'test',
        AUTH0_DOMAIN: 'tenant.example.com',
        AUTH0_AUDIENCE: 'https://api.example.com',
        JWT_ISS: ISSUER,
        JWT_AUD: AUDIENCE,
        JWT_PRIVATE_JWK: JSON.stringify(privateJwk),
        JWKS_PUBLIC: 'true',
        ROUTES: '[]',
      },
    },
  ]
}

/** Every program, bundled as it would be deployed; those that need a face that the kit lacks are left out. */
export async function coldWorkers(
  fixtures: Fixtures,
  checkout: string = ROOT,
): Promise<readonly ColdWorker[]> {
  const found = programs(fixtures).filter(
    ({ face }) => face === undefined || facesOf(checkout).includes(face),
  )
  return Promise.all(
    found.map(async ({ file, ...worker }) => ({
      ...worker,
      code: (await bundle({ file }, { checkout })).text,
    })),
  )
}

export async function measureStartup(fixtures: Fixtures, rounds: number): Promise<readonly Startup[]> {
  const cold = new ColdStarts()
  try {
    const workers = await coldWorkers(fixtures)
    workers.forEach((worker) => cold.add(worker))
    const names = workers.map(({ name }) => name)
    const samples = new Map<string, ColdSample[]>(names.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const name of shuffled(names))
        samples.get(name)?.push(await cold.start(name, at(fixtures.eddsa, round)))
    }
    const empty = samples.get(EMPTY) ?? []
    return names.map((name) => summaryOf(name, samples.get(name) ?? [], empty))
  } finally {
    cold.close()
  }
}

function summaryOf(name: string, own: readonly ColdSample[], empty: readonly ColdSample[]): Startup {
  const cpus = own.flatMap(({ cpu }, round) => {
    const base = empty[round]?.cpu ?? null
    return cpu === null || base === null ? [] : [cpu - base]
  })
  return {
    name,
    milliseconds: median(own.map(({ milliseconds }) => milliseconds)),
    over: spreadOf(own.map(({ milliseconds }, round) => milliseconds - (empty[round]?.milliseconds ?? NaN))),
    cpuOver: cpus.length > 0 ? spreadOf(cpus) : null,
  }
}
