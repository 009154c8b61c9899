/** Runs in front of each test file: files share a Worker or process, and leave each other nothing. */
import { afterAll } from 'vitest'
import './patient-waits.ts'
import { takeBack } from './take-back.ts'

afterAll(takeBack)
