import { join } from 'node:path'

/** This repository. */
export const ROOT = join(import.meta.dirname, '../..')
