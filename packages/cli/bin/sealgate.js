#!/usr/bin/env node
const argv = process.argv.slice(2)

// A project is created where there is no wrangler yet. Everything else runs the project's own.
process.exitCode = argv[0] === 'create' ? await create(argv.slice(1)) : await run(argv)

async function create(rest) {
  const { createMain } = await import('../dist/create.js')
  return createMain(rest, 'sealgate create')
}

async function run(all) {
  try {
    const { main } = await import('../dist/cli.js')
    return await main(all)
  } catch (error) {
    if (!/^Cannot find (?:package|module) 'wrangler/.test(error.message)) throw error
    process.stderr.write('sealgate needs wrangler beside it: npm install --save-dev wrangler\n')
    return 1
  }
}
