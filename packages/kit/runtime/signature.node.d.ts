export { importSigner, importVerifier } from './signature.js'
