export { decodeBase64UrlInto, encodeBase64Url } from './base64url.js'
