export { app as default } from './app.ts'
export { Admin, Exchange, Keys } from './entrypoints.ts'
export { Session } from './session/durable-object.ts'
