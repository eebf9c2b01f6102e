import { readFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import tls from 'node:tls'
import { RemoteError } from '../errors.ts'
import { decoded } from './authorization.ts'
import { proxyFor } from './proxy.ts'

export interface ExchangeOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Milliseconds without a byte. */
  readonly idleTimeout: number
}

/** One GET, no redirects. The answer's body has not been read; whoever gets it reads or destroys it. Throws system errors. */
export const exchange = async (url: URL, options: ExchangeOptions): Promise<IncomingMessage> => {
  const proxy = proxyFor(url, options.env)
  const plain: RequestOptions = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: `${url.pathname}${url.search}`,
    agent: false,
  }
  if (url.protocol === 'http:')
    return send(http, proxy === undefined ? plain : throughProxy(url, proxy), url, options)
  const secure = { ...plain, ca: certificates(options.env), servername: serverName(url) }
  if (proxy === undefined) return send(https, secure, url, options)
  const socket = await tunnel(url, proxy, options)
  return send(
    https,
    { ...secure, createConnection: () => tls.connect({ ...tlsOptions(secure), socket }) },
    url,
    options,
  )
}

type Secure = RequestOptions & { readonly ca: string[] | undefined; readonly servername: string }

const tlsOptions = ({ ca, servername }: Secure): tls.ConnectionOptions => ({
  ALPNProtocols: ['http/1.1'],
  ...(ca ? { ca } : {}),
  ...(servername === '' ? {} : { servername }),
})

const send = (
  client: typeof http | typeof https,
  request: RequestOptions,
  url: URL,
  { headers, signal, idleTimeout }: ExchangeOptions,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = client.request({
      ...request,
      headers: { Host: url.host, ...headers, ...request.headers },
      signal,
    })
    let answer: IncomingMessage | undefined
    sent.setTimeout(idleTimeout, () => {
      const error = Object.assign(new Error(`no answer for ${idleTimeout / 1000} s`), { code: 'ETIMEDOUT' })
      answer?.destroy(error)
      sent.destroy(error)
    })
    sent.once('response', (response) => {
      answer = response
      resolve(response)
    })
    // Also after the answer has begun: then its reader learns of it.
    sent.on('error', reject)
    sent.end()
  })

/** RFC 9112, 3.2.2: a proxy is given the whole URL. */
const throughProxy = (url: URL, proxy: URL): RequestOptions => ({
  host: proxy.hostname,
  port: proxy.port || 80,
  path: `${url.protocol}//${url.host}${url.pathname}${url.search}`,
  agent: false,
  headers: proxyAuthorization(proxy),
})

const tunnel = (url: URL, proxy: URL, { signal, idleTimeout }: ExchangeOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || 443}`
    const client = proxy.protocol === 'https:' ? https : http
    const request = client.request({
      method: 'CONNECT',
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      headers: { Host: target, ...proxyAuthorization(proxy) },
      agent: false,
      signal,
    })
    request.setTimeout(idleTimeout, () =>
      request.destroy(Object.assign(new Error('the proxy does not answer'), { code: 'ETIMEDOUT' })),
    )
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(
        new RemoteError(
          'unreachable',
          `connect to ${url.host}: the proxy answered ${response.statusCode ?? 0}`,
          {
            hint: 'check HTTPS_PROXY and NO_PROXY',
          },
        ),
      )
    })
    request.once('response', (response) => {
      response.destroy()
      reject(
        new RemoteError(
          'unreachable',
          `connect to ${url.host}: the proxy answered ${response.statusCode ?? 0}`,
        ),
      )
    })
    request.once('error', reject)
    request.end()
  })

const proxyAuthorization = ({ username, password }: URL): Record<string, string> =>
  username === ''
    ? {}
    : {
        'Proxy-Authorization': `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`,
      }

/** An address is no name to ask for (RFC 6066, 3). */
const serverName = ({ hostname }: URL): string => (/^[0-9.]+$|^\[/.test(hostname) ? '' : hostname)

/** Node's own authorities, and those of the file that the environment names. */
const certificates = (env: ExchangeOptions['env']): string[] | undefined => {
  const file = env['SSL_CERT_FILE'] ?? env['TSBUILD_EXTRA_CA_CERTS'] ?? env['NODE_EXTRA_CA_CERTS']
  return file ? [...tls.rootCertificates, readFileSync(file, 'utf8')] : undefined
}
