#!/usr/bin/env node
import { existsSync } from 'node:fs'

// Only a fresh clone has no dist: the published package ships it.
const cli = new URL('../dist/cli.js', import.meta.url)
if (existsSync(cli)) {
  await import(cli.href)
} else {
  process.stderr.write('kit-keygen: it is not built yet: type npm run build\n')
  process.exitCode = 1
}
