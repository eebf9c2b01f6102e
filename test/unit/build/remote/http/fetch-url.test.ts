import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type FetchedUrl,
  type FetchUrlRequest,
  fetchUrl,
  type RemoteEnvironment,
} from '../../../../../src/build/remote/index.ts'
import { parseDigest } from '../../../../../src/foundation/oci/index.ts'
import { startServer } from '../../../../support/http-server.ts'

const stage = mkdtempSync(join(tmpdir(), 'tsbuild-fetch-'))
const left = (): readonly string[] => readdirSync(stage)
const sha256 = (text: string) => parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`)

const environment = (more: Partial<RemoteEnvironment> = {}): RemoteEnvironment => ({
  stage,
  repositories: join(stage, 'none'),
  env: {},
  secret: () => undefined,
  retryDelay: 1,
  idleTimeout: 30_000,
  ...more,
})

const get = (request: FetchUrlRequest, more: Partial<RemoteEnvironment> = {}): Promise<FetchedUrl> =>
  fetchUrl(request, environment(more), { signal: AbortSignal.timeout(50_000) })

const textOf = async (fetched: Promise<FetchedUrl>): Promise<string> => {
  const result = await fetched
  if (result.kind === 'unchanged') return 'unchanged'
  using file = result.file
  return readFileSync(file.path, 'utf8')
}

const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void) => startServer(answer)

beforeEach(() => {
  expect(left()).toEqual([])
})
afterEach(() => {
  expect(left()).toEqual([])
})

describe('fetchUrl', () => {
  it('stages the body with its digest, tag and time', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { etag: '"x"', 'last-modified': 'Sun, 09 Sep 2001 01:46:40 GMT' })
      response.end('body')
    })
    const fetched = await get({ url: `${server.url}/a` })
    if (fetched.kind !== 'file') throw new Error('expected a file')
    using file = fetched.file
    expect(fetched.record).toEqual({ digest: sha256('body'), etag: '"x"', modified: 1_000_000_000 })
    expect(file.size).toBe(4)
  })

  it('does not ask twice for what has not changed', async () => {
    await using server = await serve((request, response) => {
      const same = request.headers['if-none-match'] === '"x"'
      response.writeHead(same ? 304 : 200, { etag: '"x"' })
      response.end(same ? '' : 'body')
    })
    const known = { digest: sha256('body'), etag: '"x"' }
    expect(await textOf(get({ url: server.url, known }))).toBe('unchanged')
  })

  it('takes the same tag for the same file where a server does not compare', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { etag: 'W/"x"' })
      response.end('body')
    })
    expect(await textOf(get({ url: server.url, known: { digest: sha256('body'), etag: '"x"' } }))).toBe(
      'unchanged',
    )
  })

  it('throws away what has another digest', async () => {
    await using server = await serve((_, response) => response.end('evil'))
    await expect(get({ url: server.url, checksum: sha256('good') })).rejects.toMatchObject({
      code: 'checksum-mismatch',
    })
  })

  it('tries again when the connection is cut, and says so in the end', async () => {
    let count = 0
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '8' })
      response.write('body')
      if (++count < 3) response.destroy()
      else response.end('more')
    })
    expect(await textOf(get({ url: server.url }))).toBe('bodymore')
    count = Number.NEGATIVE_INFINITY
    await expect(get({ url: server.url })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('tried 4 times'),
    })
  })

  it('tries again after 503, and not after 404', async () => {
    let count = 0
    await using server = await serve((request, response) => {
      response.writeHead(request.url === '/404' ? 404 : ++count < 2 ? 503 : 200)
      response.end('ok')
    })
    expect(await textOf(get({ url: server.url }))).toBe('ok')
    await expect(get({ url: `${server.url}/404` })).rejects.toMatchObject({
      code: 'fetch-failed',
      exitCode: 69,
    })
    expect(server.requests.filter(({ path }) => path === '/404')).toHaveLength(1)
  })

  it('gives up on a server that falls silent', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('x')
    })
    await expect(get({ url: server.url }, { idleTimeout: 50 })).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('ends with the signal', async () => {
    await using server = await serve((_, response) => void response.write('x'))
    const signal = AbortSignal.timeout(50)
    await expect(fetchUrl({ url: server.url }, environment(), { signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  it('unpacks a body that was packed for the way only', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync('body'))
    })
    expect(await textOf(get({ url: server.url }))).toBe('body')
  })

  it('refuses more bytes than the limit', async () => {
    await using server = await serve((_, response) => {
      response.write('x'.repeat(10))
      response.end('y')
    })
    await expect(get({ url: server.url, limit: 10 })).rejects.toMatchObject({ code: 'fetch-too-large' })
  })
})

describe('redirects', () => {
  it('are followed, ten of them', async () => {
    await using server = await serve((request, response) => {
      const left = Number(request.url?.slice(1))
      response.writeHead(left > 0 ? 302 : 200, left > 0 ? { location: `/${left - 1}` } : {})
      response.end('end')
    })
    expect(await textOf(get({ url: `${server.url}/10` }))).toBe('end')
    await expect(get({ url: `${server.url}/11` })).rejects.toMatchObject({ code: 'fetch-refused' })
  })

  it.each(['file:///etc/passwd', 'ftp://h/x', 'gopher://h/', 'http://[bad'])(
    'to %s are refused',
    async (location) => {
      await using server = await serve((_, response) => {
        response.writeHead(302, { location })
        response.end()
      })
      await expect(get({ url: server.url })).rejects.toMatchObject({ code: 'fetch-refused' })
    },
  )

  it('take no credentials to another host', async () => {
    await using other = await startServer((_, response) => response.end('other'), '127.0.0.2')
    await using server = await serve((_, response) => {
      response.writeHead(307, { location: `${other.url}/x` })
      response.end()
    })
    const secret = (id: string) => (id === 'HTTP_AUTH_TOKEN_127.0.0.1' ? Buffer.from('canary') : undefined)
    expect(await textOf(get({ url: server.url }, { secret }))).toBe('other')
    expect(await textOf(get({ url: server.url.replace('//', '//user:canary@') }))).toBe('other')
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer canary',
      `Basic ${Buffer.from('user:canary').toString('base64')}`,
    ])
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })
})

describe('credentials', () => {
  it('come from secrets and are asked for by name', async () => {
    await using server = await serve((request, response) => {
      response.writeHead(request.headers.authorization === 'Custom x' ? 200 : 401)
      response.end('ok')
    })
    await expect(get({ url: server.url })).rejects.toMatchObject({
      hint: expect.stringContaining('HTTP_AUTH_TOKEN_127.0.0.1'),
    })
    const secret = (id: string) =>
      id === 'HTTP_AUTH_HEADER_127.0.0.1' ? Buffer.from('Custom x\n') : undefined
    expect(await textOf(get({ url: server.url }, { secret }))).toBe('ok')
  })

  it('are not in messages', async () => {
    await using server = await serve((_, response) => response.writeHead(403).end())
    const url = `${server.url.replace('//', '//user:canary@')}/x?sig=canary`
    const error: unknown = await get({ url }).catch((caught: unknown) => caught)
    expect(String(error)).toContain('answered 403')
    expect(JSON.stringify([String(error), error])).not.toContain('canary')
  })
})

describe('a proxy', () => {
  it('is asked for the whole URL', async () => {
    await using proxy = await serve((request, response) => response.end(`proxied ${request.url}`))
    const env = { http_proxy: proxy.url }
    expect(await textOf(get({ url: 'http://example.invalid/a?b' }, { env }))).toBe(
      'proxied http://example.invalid/a?b',
    )
  })
})
