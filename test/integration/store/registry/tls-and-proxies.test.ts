import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  openCredentials,
  openHosts,
  openRegistry,
  type Registry,
} from '../../../../src/store/registry/index.ts'
import { makeCertificates, type TestCertificates } from '../../../support/registry/certificates.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../support/registry/fake-registry.ts'
import { startTokenService } from '../../../support/registry/token-service.ts'

let directory = ''
let files: TestCertificates
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'registry-tls-'))
  files = makeCertificates(directory)
})
afterAll(() => rmSync(directory, { recursive: true }))

const text = (path: string): string => readFileSync(path, 'utf8')
const serve = (): Promise<FakeRegistry> =>
  startFakeRegistry({ tls: { cert: text(files.cert), key: text(files.key) } })

/** With the test's authority for every host, and nothing else, unless `certs` says where to look. */
const client = (env: Record<string, string> = {}): Registry => {
  const all = {
    HOME: directory,
    TSBUILD_REGISTRIES_CONF: '',
    TSBUILD_CERTS_D: '',
    SSL_CERT_FILE: files.ca,
    ...env,
  }
  return openRegistry({
    hosts: openHosts({ env: all }),
    credentials: openCredentials({ env: all }),
    userAgent: 'test',
    env: all,
    retryDelay: 5,
  })
}

/** A proxy that takes every name for this machine. */
const startProxy = async (port: number) => {
  const asked: { readonly target: string; readonly authorization: string | undefined }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => response.writeHead(400).end())
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n')
      far.pipe(near).pipe(far)
    })
    for (const socket of [near, far]) socket.on('error', () => undefined)
    sockets.add(far)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo
  return {
    url: `http://user:p%40ss@127.0.0.1:${own}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

it('goes through a proxy with CONNECT, checks who is behind it, and keeps the connection', async () => {
  await using server = await serve()
  server.addManifest('app', 'v1', 'x', 'x')
  await using proxy = await startProxy(Number(server.host.split(':')[1]))
  using registry = client({ HTTPS_PROXY: proxy.url })
  const name = { registry: 'registry.test', repository: 'app' }
  expect(await registry.tags(name)).toEqual(['v1'])
  expect(await registry.tags(name)).toEqual(['v1'])
  const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
  expect(proxy.asked).toEqual([{ target: 'registry.test:443', authorization }])
  expect(JSON.stringify(server.requests)).not.toContain(authorization)
  // The certificate is for another name: nothing is sent.
  const sent = server.requests.length
  await expect(registry.tags({ ...name, registry: 'other.test' })).rejects.toMatchObject({
    code: 'registry-unreachable',
  })
  expect(server.requests.length).toBe(sent)
})

it('says that the proxy refuses', async () => {
  const refusing = createServer()
  refusing.on('connect', (_request, socket: Socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
  const { port } = refusing.address() as AddressInfo
  using registry = client({ HTTPS_PROXY: `http://user:canary-word@127.0.0.1:${port}` })
  const error: unknown = await registry
    .tags({ registry: 'registry.test', repository: 'app' })
    .catch((caught: unknown) => caught)
  refusing.close()
  expect(error).toMatchObject({ code: 'proxy-refused', message: expect.stringContaining('407') })
  expect(String(error)).not.toContain('canary')
})

it.each(['p256', 'ed25519'] as const)(
  'shows its certificate to the host that it is for: %s',
  async (kind) => {
    const own = join(directory, kind)
    mkdirSync(own)
    const files = makeCertificates(own, kind)
    await using server = await startFakeRegistry({
      tls: { cert: text(files.cert), key: text(files.key), ca: text(files.ca) },
    })
    server.addManifest('app', 'v1', 'x', 'x')
    const certs = join(own, 'client-certs')
    mkdirSync(join(certs, server.host), { recursive: true })
    const name = { registry: server.host, repository: 'app' }
    const env = { TSBUILD_CERTS_D: certs, SSL_CERT_FILE: files.ca }
    using without = client(env)
    await expect(without.tags(name)).rejects.toMatchObject({
      code: 'registry-unreachable',
      hint: expect.stringContaining('NAME.cert'),
    })
    for (const [to, from] of [
      ['client.cert', files.cert],
      ['client.key', files.key],
      ['ca.crt', files.ca],
    ] as const)
      writeFileSync(join(certs, server.host, to), text(from))
    using shown = client(env)
    expect(await shown.tags(name)).toEqual(['v1'])
  },
)

it('sends no secret from a registry with TLS to a token service without', async () => {
  await using server = await serve()
  await using tokens = await startTokenService()
  // The service lies on this machine under a name that only looks so.
  server.fault = (_, response) => {
    response.setHeader(
      'WWW-Authenticate',
      `Bearer realm="${tokens.url.replace('127.0.0.1', '127.0.0.1.test')}"`,
    )
    response.writeHead(401).end()
    return true
  }
  using registry = client()
  await expect(registry.tags({ registry: server.host, repository: 'app' })).rejects.toMatchObject({
    code: 'registry-refused',
  })
  expect(tokens.requests).toEqual([])
})

it('follows no redirect from TLS to plain http', async () => {
  await using plain = await startFakeRegistry()
  await using server = await serve()
  server.fault = (_, response) => {
    response.writeHead(307, { Location: `http://${plain.host}/v2/app/tags/list` }).end()
    return true
  }
  using registry = client()
  await expect(registry.tags({ registry: server.host, repository: 'app' })).rejects.toMatchObject({
    code: 'registry-refused',
  })
  expect(plain.requests).toEqual([])
})
