/**
 * The arrows of the house (docs/internals/architecture.md). Within a package an import may only point down its list: to
 * a room on a lower floor, or within the room itself. Nothing goes in a circle, types included.
 *
 * A line is a floor, the top one first; rooms on one floor may not import each other. `room/` is a folder, `file` is a
 * file at the top of `src`: only what is named here may stand there.
 */
export const HOUSE = {
  'packages/kit': [
    [
      'index',
      'verify',
      'hono',
      'hono-verify',
      'hono-adapter',
      'agents',
      'approvals',
      'caller',
      'retrieval',
      'external',
      'gateway',
      'jws',
      'log',
      'testing',
    ],
    ['hono/', 'agents/', 'caller/', 'retrieval/', 'external/', 'testing/', 'jws/'],
    ['kit/'],
    ['config/'],
    ['approvals/'],
    ['log/'],
    ['http/'],
    ['policy/'],
    ['tokens/'],
    ['keys/'],
    ['claims/'],
    ['jose/'],
    ['primitives/'],
    ['errors'],
    ['constants'],
  ],
  'packages/gateway': [
    ['testing'],
    ['testing/'],
    ['index', 'config', 'hono'],
    ['app', 'hono/'],
    ['rpc/'],
    ['routes/'],
    ['operations/'],
    ['proxy/'],
    ['mcp/'],
    ['gateway'],
    ['dpop/'],
    ['session/'],
    ['exchange/'],
    ['rate-limit'],
    ['issuers/'],
    ['auth0/'],
    ['http/'],
    ['config/'],
    ['observability/'],
    ['errors'],
  ],
  'packages/cli': [
    ['internal', 'create'],
    ['cli'],
    ['commands/'],
    ['rotate/'],
    ['create/', 'deploy/', 'dev/', 'receipt/'],
    ['why/'],
    ['doctor/'],
    ['operator/'],
    ['project/'],
    ['wrangler/'],
    ['terminal/'],
    ['errors'],
  ],
  'packages/keygen': [
    ['cli'],
    ['run'],
    ['commands'],
    ['args', 'help'],
    ['dotenv', 'format', 'files'],
    ['keys', 'durations'],
    ['errors'],
  ],
}

/** Where a floor's rooms are, as a regular expression. */
const pathOf = (folder, rooms) =>
  `^${folder}/src/(${rooms.map((room) => (room.endsWith('/') ? room : `${room}[.]ts$`)).join('|')})`

const TESTS = '[.]test[.]ts$'

const arrows = Object.entries(HOUSE).flatMap(([folder, floors]) =>
  floors.flatMap((rooms, floor) =>
    rooms.flatMap((room) => {
      const forbidden = [...floors.slice(0, floor).flat(), ...rooms.filter((other) => other !== room)]
      if (forbidden.length === 0) return []
      return {
        name: `${folder}: ${room} imports down only`,
        comment: 'An import may only point down the list in .dependency-cruiser.mjs.',
        severity: 'error',
        from: { path: pathOf(folder, [room]), pathNot: TESTS },
        to: { path: pathOf(folder, forbidden) },
      }
    }),
  ),
)

const rooms = Object.entries(HOUSE).map(([folder, floors]) => ({
  name: `${folder}: every file is in a room`,
  comment: 'A file at the top of src, or a new folder, needs its floor in .dependency-cruiser.mjs.',
  severity: 'error',
  from: { path: `^${folder}/src/`, pathNot: [pathOf(folder, floors.flat()), TESTS] },
  to: {},
}))

export default {
  forbidden: [
    {
      name: 'no circles',
      comment: 'Not even of types: whoever reads one of the files has to read them all.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...arrows,
    ...rooms,
    {
      name: 'packages are imported by name',
      comment:
        'What ships is what is imported, as its exports say it: never another package’s files. Vectors of raw signatures need the layer below, and the timing sweep each parser by itself.',
      severity: 'error',
      from: {
        path: '^(packages/[^/]+|workers/[^/]+|test|bench|docs)/',
        pathNot: [
          '^test/conformance/(ed25519|hmac)[.]test[.]ts$',
          '^test/security/linear(/|-local[.]test[.]ts$)',
        ],
      },
      to: {
        path: '^packages/[^/]+/(src|dist)/',
        pathNot: '^$1/',
        dependencyTypes: ['local'],
        // By its name, from the root.
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'packages/kit: the core has no dependency',
      comment:
        'jose verifies the tokens of other issuers, hono is for its middleware: both are optional peers.',
      severity: 'error',
      from: { path: '^packages/kit/src/', pathNot: ['^packages/kit/src/(external|hono)/', TESTS] },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'no library imports a configuration',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^workers/' },
    },
    {
      name: 'wrangler is run in one place',
      severity: 'error',
      from: { path: '^packages/cli/src/', pathNot: '^packages/cli/src/(wrangler|project)/' },
      to: { path: '(^|/)node_modules/wrangler/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['(^|/)node_modules/', '^packages/[^/]+/dist/'] },
    // What wrangler writes while it runs comes and goes.
    exclude: {
      path: [
        '^(packages/[^/]+/(src|runtime)|workers|test|bench)/.*[.]d[.]ts$',
        '(^|/)[.](wrangler|sealgate)/',
      ],
    },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
}
