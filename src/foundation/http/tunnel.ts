import http from 'node:http'
import type { Socket } from 'node:net'
import { AppError, exitCode } from '../errors/index.ts'
import { httpsModule } from './secure-modules.ts'
import { decodedPart } from './url-part.ts'

export interface TunnelRequest {
  /** Host and port at the other end. */
  readonly host: string
  readonly port: number
  readonly proxy: URL
  readonly idleTimeout: number
  readonly signal?: AbortSignal
}

/** A connection through a proxy that speaks CONNECT. Throws `proxy-refused` and system errors. */
export const openTunnel = ({ host, port, proxy, idleTimeout, signal }: TunnelRequest): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const client = proxy.protocol === 'https:' ? httpsModule() : http
    const request = client.request({
      method: 'CONNECT',
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      path: target,
      headers: { Host: target, ...proxyAuthorization(proxy) },
      agent: false,
      ...(signal ? { signal } : {}),
    })
    request.setTimeout(idleTimeout, () =>
      request.destroy(Object.assign(new Error('the proxy does not answer'), { code: 'ETIMEDOUT' })),
    )
    request.once('connect', (response, socket) => {
      socket.setTimeout(0)
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(refusal(target, response.statusCode))
    })
    request.once('response', (response) => {
      response.destroy()
      reject(refusal(target, response.statusCode))
    })
    request.once('error', reject)
    request.end()
  })

const refusal = (target: string, status = 0): AppError<'proxy-refused'> =>
  new AppError('proxy-refused', `connect to ${target}: the proxy answered ${status}`, {
    exitCode: exitCode.unreachable,
    hint: 'check HTTPS_PROXY and NO_PROXY',
    details: { status },
  })

/** The header for a proxy whose URL has a user. */
export const proxyAuthorization = ({ username, password }: URL): Readonly<Record<string, string>> =>
  username === ''
    ? {}
    : {
        'Proxy-Authorization': `Basic ${Buffer.from(`${decodedPart(username)}:${decodedPart(password)}`).toString('base64')}`,
      }
