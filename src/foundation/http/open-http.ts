import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import { openAgents } from './agents.ts'
import { proxyFor } from './proxy.ts'
import { httpsModule } from './secure-modules.ts'
import { sendBody } from './send-body.ts'
import { proxyAuthorization } from './tunnel.ts'
import type { HttpClient, HttpOptions, HttpRequest } from './types.ts'

/** A client that keeps its connections until it is disposed, which lets go of those that nobody uses. */
export const openHttp = (options: HttpOptions): HttpClient => {
  const agents = openAgents(options)
  const routeOf = (url: URL): RequestOptions => {
    const proxy = proxyFor(url, options.env)
    const target = {
      host: hostOf(url),
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      path: `${url.pathname}${url.search}`,
    }
    if (url.protocol === 'https:') return { ...target, agent: agents.secure(proxy) }
    if (proxy === undefined) return { ...target, agent: agents.plain() }
    // RFC 9112, 3.2.2: a proxy is given the whole URL.
    return {
      host: hostOf(proxy),
      port: proxy.port || 80,
      path: `${url.protocol}//${url.host}${url.pathname}${url.search}`,
      agent: agents.plain(),
      headers: proxyAuthorization(proxy),
    }
  }
  return {
    send: (url, request) => sendOnce(url, routeOf(url), { idleTimeout: options.idleTimeout, ...request }),
    [Symbol.dispose]: () => agents[Symbol.dispose](),
  }
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

type Sending = HttpRequest & { readonly idleTimeout: number }

const sendOnce = (
  url: URL,
  route: RequestOptions,
  request: Sending,
  isAgain = false,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers, signal, body, idleTimeout } = request
    const sent = (url.protocol === 'https:' ? httpsModule() : http).request({
      ...route,
      method,
      headers: { Host: url.host, ...headers, ...route.headers },
      ...(signal ? { signal } : {}),
    })
    let answer: IncomingMessage | undefined
    sent.setTimeout(idleTimeout, () => {
      const error = Object.assign(new Error(`no answer for ${idleTimeout / 1000} s`), { code: 'ETIMEDOUT' })
      answer?.destroy(error)
      sent.destroy(error)
    })
    sent.once('response', (response) => {
      answer = response
      // What is left of the body is not sent, so the connection cannot be used again.
      response.once('end', () => sent.writableFinished || sent.destroy())
      resolve(response)
    })
    // Also after the answer has begun: then its reader learns of it.
    sent.on('error', (error) => {
      // The server closed a kept connection just when it was used again.
      const isStale = sent.reusedSocket && !isAgain && answer === undefined && typeof body !== 'function'
      if (!isStale || signal?.aborted) return reject(error)
      sendOnce(url, route, request, true).then(resolve, reject)
    })
    sendBody(sent, body, () => answer !== undefined).catch((error: unknown) => {
      sent.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
