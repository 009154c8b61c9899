/**
 * `npm create sealgate`, for the package `create-sealgate` alone: no part of it is under semver.
 *
 * @module sealgate/create
 */
export { createMain } from './commands/create.ts'
