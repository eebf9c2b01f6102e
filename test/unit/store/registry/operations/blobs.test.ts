import { expect, it } from 'vitest'
import { type Descriptor, parseDigest } from '../../../../../src/foundation/oci/index.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../../support/registry/fake-registry.ts'
import { cutAfter } from '../../../../support/registry/http-parts.ts'
import { testRegistry } from '../../../../support/registry/registry-rig.ts'

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff))

const rig = (server: FakeRegistry) => {
  const digest = parseDigest(server.addBlob(bytes))
  const blob: Descriptor = { mediaType: 'application/octet-stream', digest, size: bytes.length }
  const got: Buffer[] = []
  return {
    name: { registry: server.host, repository: 'app' },
    blob,
    write: (chunk: Uint8Array) => void got.push(Buffer.from(chunk)),
    got: () => Buffer.concat(got),
  }
}

it('gives a whole blob, a part of it, and nothing', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const whole = rig(server)
  await registry.blob(whole.name, whole.blob, whole.write)
  expect(whole.got().equals(bytes)).toBe(true)
  const part = rig(server)
  await registry.blob(part.name, part.blob, part.write, { offset: 1000, length: 5000 })
  expect(part.got().equals(bytes.subarray(1000, 6000))).toBe(true)
  const none = rig(server)
  await registry.blob(none.name, none.blob, none.write, { offset: bytes.length })
  expect(none.got().length).toBe(0)
  await expect(
    registry.blob(none.name, none.blob, none.write, { offset: 1, length: bytes.length }),
  ).rejects.toMatchObject({ code: 'size-mismatch' })
})

it('goes on at the byte reached when the connection is cut', async () => {
  let cuts = 3
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (!request.url?.includes('/blobs/') || cuts-- <= 0) return false
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const rest = bytes.subarray(from)
      const range = { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
      cutAfter(response, rest, 20_000, from > 0 ? range : {}, from > 0 ? 206 : 200)
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob, write, got } = rig(server)
  await registry.blob(name, blob, write)
  expect(got().equals(bytes)).toBe(true)
  const ranges = server.requests.map(({ headers }) => headers.range)
  expect(ranges).toEqual([undefined, 'bytes=20000-99999', 'bytes=40000-99999', 'bytes=60000-99999'])
})

it('passes over what it has where the server ignores ranges', async () => {
  await using server = await startFakeRegistry({
    fault: (request) => {
      delete request.headers.range
      return false
    },
  })
  using registry = testRegistry()
  const { name, blob, write, got } = rig(server)
  await registry.blob(name, blob, write, { offset: 12_345, length: 50_000 })
  expect(got().equals(bytes.subarray(12_345, 62_345))).toBe(true)
})

it('never gives more than asked, whatever comes', async () => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      // No length: there is no end to it.
      const more = (): void => void (response.destroyed || response.write(bytes, more))
      more()
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob, write, got } = rig(server)
  await registry.blob(name, blob, write)
  expect(got().equals(bytes)).toBe(true)
})

it.each([
  ['a whole blob of another size', 'size-mismatch', 200, { 'Content-Length': '5' }, 0],
  [
    'a part of a blob of another size',
    'size-mismatch',
    206,
    { 'Content-Range': 'bytes 10-99999/200000' },
    10,
  ],
  ['another part', 'registry-protocol', 206, { 'Content-Range': `bytes 0-99/${bytes.length}` }, 10],
  ['a part that reaches too far', 'registry-protocol', 206, { 'Content-Range': 'bytes 10-100000/*' }, 10],
  ['a part without its place', 'registry-protocol', 206, {}, 10],
])('refuses %s', async (_, code, status, headers, offset) => {
  await using server = await startFakeRegistry({
    fault: (_request, response) => {
      response.writeHead(status, headers).end('12345')
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob, write, got } = rig(server)
  await expect(registry.blob(name, blob, write, { offset })).rejects.toMatchObject({ code })
  expect(got().length).toBe(0)
})

it('gives up on a server that always cuts', async () => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      cutAfter(response, bytes, 1)
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob, write } = rig(server)
  await expect(registry.blob(name, blob, write)).rejects.toMatchObject({
    code: 'registry-unreachable',
    exitCode: 69,
  })
  expect(server.requests.length).toBe(5)
})

it('ends at once, as it is, with what the writer throws', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry({ mirrors: [{}] })
  const { name, blob } = rig(server)
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  const write = (): void => {
    throw full
  }
  await expect(registry.blob(name, blob, write)).rejects.toBe(full)
  expect(server.requests.length).toBe(1)
})

it("ends with the signal's reason", async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const { name, blob } = rig(server)
  const stop = new AbortController()
  const reason = new Error('enough')
  const write = (): void => stop.abort(reason)
  await expect(registry.blob(name, blob, write, { signal: stop.signal })).rejects.toBe(reason)
})

it('gives up on a server that falls silent, and not on a slow one', async () => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length })
      let at = 0
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 25_000))
        at += 25_000
        if (at >= bytes.length) clearInterval(timer)
      }, 20)
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob, write, got } = rig(server)
  await registry.blob(name, blob, write)
  expect(got().equals(bytes)).toBe(true)
})

it('goes on with the registry where a mirror breaks', async () => {
  await using server = await startFakeRegistry()
  await using mirror = await startFakeRegistry({
    fault: (_, response) => {
      cutAfter(response, bytes, 30_000)
      return true
    },
  })
  using registry = testRegistry({
    mirrors: [{ host: mirror.host, registry: mirror.host, mirrorOf: server.host }],
  })
  const { name, blob, write, got } = rig(server)
  await registry.blob(name, blob, write)
  expect(got().equals(bytes)).toBe(true)
  expect(mirror.requests[0]?.path).toContain(`?ns=${encodeURIComponent(server.host)}`)
  expect(server.requests.map(({ headers }) => headers.range?.slice(0, 11))).toEqual(['bytes=30000'])
})

it('says whether a blob is there, also when it lies elsewhere', async () => {
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (!request.url?.includes(`${'b'.repeat(64)}`)) return false
      response.writeHead(307, { Location: 'https://storage.invalid/x' }).end()
      return true
    },
  })
  using registry = testRegistry()
  const { name, blob } = rig(server)
  expect(await registry.hasBlob(name, blob.digest)).toBe(true)
  expect(await registry.hasBlob(name, parseDigest(`sha256:${'a'.repeat(64)}`))).toBe(false)
  expect(await registry.hasBlob(name, parseDigest(`sha256:${'b'.repeat(64)}`))).toBe(true)
})

it('uses connections again, and no more than it may', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry({ connections: 3 })
  const { name, blob } = rig(server)
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: 10 }, () => registry.blob(name, blob, () => undefined)))
  expect(server.connections.count).toBe(3)
})
