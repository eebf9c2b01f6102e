import { expect, it } from 'vitest'
import { type FakeRegistry, startFakeRegistry } from '../../../../support/registry/fake-registry.ts'
import { sendJson } from '../../../../support/registry/http-parts.ts'
import { testRegistry } from '../../../../support/registry/registry-rig.ts'

const name = ({ host }: FakeRegistry) => ({ registry: host, repository: 'app' })

/** A registry that answers with these statuses first. */
const failing = async (...statuses: readonly number[]): Promise<FakeRegistry> => {
  const left = [...statuses]
  const server = await startFakeRegistry({
    fault: (_, response) => {
      const status = left.shift()
      if (status === undefined) return false
      if (status === 0) response.destroy()
      else sendJson(response, status, {})
      return true
    },
  })
  for (const tag of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) server.addManifest('app', tag, 'x', 'x')
  return server
}

it('tries again what may pass', async () => {
  await using server = await failing(500, 0, 429, 503)
  using registry = testRegistry()
  expect(await registry.tags(name(server), { limit: 3 })).toEqual(['a', 'b', 'c'])
  expect(server.requests.length).toBe(5)
})

it.each([
  [429, 'registry-throttled'],
  [500, 'registry-failed'],
  [0, 'registry-unreachable'],
])('gives up after five times %i', async (status, code) => {
  await using server = await failing(...Array.from({ length: 9 }, () => status))
  using registry = testRegistry()
  await expect(registry.tags(name(server))).rejects.toMatchObject({ code, exitCode: 69 })
  expect(server.requests.length).toBe(5)
})

it.each([
  [400, 'registry-failed'],
  [403, 'registry-denied'],
  [404, 'registry-not-found'],
])('does not try %i again', async (status, code) => {
  await using server = await failing(status, status)
  using registry = testRegistry()
  await expect(registry.tags(name(server))).rejects.toMatchObject({ code })
  expect(server.requests.length).toBe(1)
})

it('leaves a host alone for as long as it asks, with all requests', async () => {
  let isFirst = true
  await using server = await failing()
  server.fault = (_, response) => {
    if (!isFirst) return false
    isFirst = false
    response.setHeader('Retry-After', '1')
    sendJson(response, 429, {})
    return true
  }
  using registry = testRegistry()
  const start = Date.now()
  const first = registry.tags(name(server), { limit: 1 })
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  await Promise.all([first, registry.tags(name(server), { limit: 1 })])
  expect(Date.now() - start).toBeGreaterThanOrEqual(950)
  expect(server.requests.length).toBe(3)
})

it('does not wait for an hour', async () => {
  await using server = await failing()
  server.fault = (_, response) => {
    response.setHeader('Retry-After', '3600')
    sendJson(response, 429, {})
    return true
  }
  using registry = testRegistry()
  await expect(registry.tags(name(server))).rejects.toMatchObject({ code: 'registry-throttled' })
  expect(server.requests.length).toBe(1)
})

it('reads page after page, and none of another host', async () => {
  await using server = await failing()
  using registry = testRegistry()
  expect(await registry.tags(name(server))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  expect(await registry.tags(name(server), { limit: 5 })).toHaveLength(5)
  server.fault = (_, response) => {
    response.setHeader('Link', '<http://127.0.0.1:1/v2/app/tags/list>; rel="next"')
    sendJson(response, 200, { tags: ['a'] })
    return true
  }
  await expect(registry.tags(name(server))).rejects.toMatchObject({ code: 'registry-refused' })
})

it('follows no redirect to anything but http, and not for ever', async () => {
  await using server = await failing()
  using registry = testRegistry()
  const lead = (to: string) => {
    server.fault = (_, response) => {
      response.writeHead(302, { Location: to }).end()
      return true
    }
  }
  for (const to of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:,x']) {
    lead(to)
    await expect(registry.tags(name(server))).rejects.toMatchObject({ code: 'registry-refused' })
  }
  lead('/v2/app/tags/list')
  await expect(registry.tags(name(server))).rejects.toMatchObject({ code: 'registry-refused' })
})

it('says at once that nobody listens', async () => {
  const gone = await startFakeRegistry()
  await gone[Symbol.asyncDispose]()
  using registry = testRegistry()
  await expect(registry.tags(name(gone))).rejects.toMatchObject({
    code: 'registry-unreachable',
    message: expect.stringContaining('nobody listens there'),
  })
})

it('goes to the registry for what a mirror does not have', async () => {
  await using server = await failing()
  await using mirror = await startFakeRegistry()
  using registry = testRegistry({ mirrors: [{ host: mirror.host, registry: mirror.host }] })
  expect(await registry.tags(name(server), { limit: 1 })).toEqual(['a'])
  expect(mirror.requests.length).toBe(1)
})

it('speaks plain http where nothing else was configured only on this machine', async () => {
  await using server = await failing()
  using loopback = testRegistry({ scheme: 'either' })
  expect(await loopback.tags(name(server), { limit: 1 })).toEqual(['a'])
  using strict = testRegistry({ scheme: 'https' })
  await expect(strict.tags(name(server))).rejects.toMatchObject({ code: 'registry-unreachable' })
})
