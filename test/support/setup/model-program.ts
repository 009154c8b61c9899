import { startModelServer } from 'sealgate/internal'

const { url } = await startModelServer(0)
process.send?.(url)
process.once('disconnect', () => process.exit())
