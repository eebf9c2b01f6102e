/** http and https with proxies, certificate authorities and connections that are kept. In: one request. Out: its answer. Loaded only by what goes to the network. */
export { isLoopback } from './loopback.ts'
export { openHttp } from './open-http.ts'
export { proxyFor } from './proxy.ts'
export type {
  BodyWriter,
  HttpClient,
  HttpEnvironment,
  HttpOptions,
  HttpRequest,
  TlsSettings,
} from './types.ts'
export { decodedPart } from './url-part.ts'
