import http from 'node:http'
import type https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type tls from 'node:tls'
import { secureContext } from './authorities.ts'
import { httpsModule, tlsModule } from './secure-modules.ts'
import { openTunnel } from './tunnel.ts'
import type { HttpOptions } from './types.ts'

/** The agents of one client: made when they are first needed, since the one for https loads much. */
export interface Agents extends Disposable {
  plain(): http.Agent
  secure(proxy: URL | undefined): https.Agent
}

export const openAgents = ({ env, tls: settings, idleTimeout, connections }: HttpOptions): Agents => {
  const kept = connections === undefined ? { keepAlive: false } : { keepAlive: true, maxSockets: connections }
  let plain: http.Agent | undefined
  /** By proxy. */
  const secure = new Map<string, https.Agent>()
  const makeSecure = (proxy: URL | undefined): https.Agent => {
    const options = {
      ALPNProtocols: ['http/1.1'],
      secureContext: secureContext(env, settings),
      rejectUnauthorized: settings?.skipVerify !== true,
    }
    const agent = new (httpsModule().Agent)({ ...kept, ...options })
    return proxy === undefined
      ? agent
      : Object.assign(agent, { createConnection: throughTunnel({ proxy, idleTimeout }, options) })
  }
  return {
    plain() {
      plain ??= new http.Agent(kept)
      return plain
    },
    secure(proxy) {
      const id = proxy?.href ?? ''
      const agent = secure.get(id) ?? makeSecure(proxy)
      secure.set(id, agent)
      return agent
    },
    [Symbol.dispose]: () => {
      for (const agent of [plain, ...secure.values()]) agent?.destroy()
    },
  }
}

type Connected = (error: Error | null, socket?: Socket) => void

const throughTunnel =
  (to: { readonly proxy: URL; readonly idleTimeout: number }, options: tls.ConnectionOptions) =>
  ({ host = '', port }: { host?: string; port?: number | string }, connected: Connected): void => {
    openTunnel({ ...to, host, port: Number(port ?? 443) }).then(
      (socket) =>
        connected(
          null,
          tlsModule().connect({ ...options, socket, ...(isIP(host) ? {} : { servername: host }) }),
        ),
      (error: Error) => connected(error),
    )
  }
