export { app as default } from './app.ts'
export { Exchange, Keys } from './entrypoints.ts'
