/** Runs in front of each test file of the kit: the cap on lines of the log is the isolate's, and files share one. */
import { beforeEach } from 'vitest'
import { beginLogSecond } from './src/log/logger.ts'

beforeEach(() => beginLogSecond(0))
