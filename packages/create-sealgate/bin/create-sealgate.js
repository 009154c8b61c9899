#!/usr/bin/env node
process.stderr.write('create-sealgate is not released yet.\n')
process.exitCode = 1
