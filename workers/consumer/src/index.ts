export { app as default } from './app.ts'
export { Chat } from './chat.ts'
