import type { IncomingMessage } from 'node:http'

export type HttpEnvironment = Readonly<Record<string, string | undefined>>

/** How TLS is spoken. Texts are PEM. */
export interface TlsSettings {
  /** Authorities that are trusted besides the usual ones. */
  readonly ca?: readonly string[]
  /** What this side shows when it is asked. */
  readonly certificates?: readonly { readonly cert: string; readonly key: string }[]
  readonly skipVerify?: boolean
}

export interface HttpOptions {
  /** Proxies and authorities: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, NODE_EXTRA_CA_CERTS (or TSBUILD_EXTRA_CA_CERTS). */
  readonly env: HttpEnvironment
  /** Milliseconds without a byte, after which a request fails with ETIMEDOUT. */
  readonly idleTimeout: number
  readonly tls?: TlsSettings
  /** Connections to one host at a time, kept open between requests. Absent: one per request, closed after it. */
  readonly connections?: number
}

/** Sends a body. `write` resolves when the bytes may be reused: to false when the server has answered already and wants no more. */
export type BodyWriter = (write: (chunk: Uint8Array) => Promise<boolean>) => Promise<void>

export interface HttpRequest {
  /** GET by default. */
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** A writer's length must be in the headers. */
  readonly body?: Uint8Array | BodyWriter
  /** For this request. */
  readonly idleTimeout?: number
}

/** Requests over http and https, through proxies. Neither redirects nor errors of servers are looked at. */
export interface HttpClient extends Disposable {
  /** The answer, its body not yet read: whoever gets it reads or destroys it. Throws system errors, and `proxy-refused`. */
  send(url: URL, request: HttpRequest): Promise<IncomingMessage>
}
