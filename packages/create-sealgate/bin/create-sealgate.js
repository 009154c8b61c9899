#!/usr/bin/env node
import { createMain } from 'sealgate/create'

process.exitCode = await createMain(process.argv.slice(2))
