import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { digestOf, parseDigest } from '../../../../../src/foundation/oci/index.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../../support/registry/fake-registry.ts'
import { sendJson } from '../../../../support/registry/http-parts.ts'
import { testRegistry } from '../../../../support/registry/registry-rig.ts'

const bytes = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 7 + (index >> 8)) & 0xff))
const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length }

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'push-'))
  path = join(directory, 'blob')
  writeFileSync(path, bytes)
})
afterEach(() => rmSync(directory, { recursive: true }))

const repository = ({ host }: FakeRegistry) => ({ registry: host, repository: 'ns/app' })
const methods = ({ requests }: FakeRegistry) => requests.map(({ method }) => method)

it.each(['path', 'bytes'])('sends a blob from %s in one request', async (kind) => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const seen: number[] = []
  const source = kind === 'path' ? { path } : { bytes }
  await registry.pushBlob(repository(server), blob, source, { onProgress: (sent) => void seen.push(sent) })
  expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true)
  expect(methods(server)).toEqual(['POST', 'PUT'])
  expect(seen.at(-1)).toBe(bytes.length)
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
})

it('sends an empty blob', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const empty = { ...blob, digest: digestOf(''), size: 0 }
  await registry.pushBlob(repository(server), empty, { bytes: Buffer.alloc(0) })
  expect(server.blobs.get(empty.digest)?.length).toBe(0)
})

it('sends pieces that are as large as the registry wants them', async () => {
  await using server = await startFakeRegistry({ minChunk: 1 << 20 })
  using registry = testRegistry()
  await registry.pushBlob(repository(server), blob, { path }, { chunkSize: 1000 })
  expect(server.blobs.has(blob.digest)).toBe(true)
  expect(methods(server)).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH', 'PUT'])
  expect(server.requests[2]?.headers['content-range']).toBe(`${1 << 20}-${(2 << 20) - 1}`)
})

it.each([
  ['in one request', undefined],
  ['in pieces', 1 << 20],
])('goes on at the byte that arrived when the connection is cut, %s', async (_, chunkSize) => {
  let cuts = 2
  await using server = await startFakeRegistry({
    fault: (request, response, itself) => {
      if (
        !/^(PUT|PATCH)$/.test(request.method ?? '') ||
        request.headers['content-length'] === '0' ||
        cuts-- <= 0
      )
        return false
      const id = /uploads\/([^?]+)/.exec(request.url ?? '')?.[1] ?? ''
      let taken = 0
      request.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(0, Math.max(0, 500_000 - taken))
        taken += part.length
        itself.uploads.set(id, Buffer.concat([itself.uploads.get(id) ?? Buffer.alloc(0), part]))
        if (taken >= 500_000) response.destroy()
      })
      return true
    },
  })
  using registry = testRegistry()
  await registry.pushBlob(repository(server), blob, { path }, chunkSize === undefined ? {} : { chunkSize })
  expect(server.blobs.get(blob.digest)?.equals(bytes)).toBe(true)
  const ranges = server.requests.map(({ headers }) => headers['content-range']?.split('-')[0])
  expect(ranges).toContain('500000')
  expect(ranges).toContain('1000000')
  expect(methods(server).filter((method) => method === 'POST').length).toBe(1)
})

it('begins anew where the registry has forgotten the upload', async () => {
  let isFirst = true
  await using server = await startFakeRegistry({
    fault: (request, response, itself) => {
      if (request.method !== 'PUT' || !isFirst) return false
      isFirst = false
      itself.uploads.clear()
      response.destroy()
      return true
    },
  })
  using registry = testRegistry()
  await registry.pushBlob(repository(server), blob, { path })
  expect(server.blobs.has(blob.digest)).toBe(true)
  expect(methods(server)).toEqual(['POST', 'PUT', 'GET', 'POST', 'PUT'])
})

it('sends smaller requests where large ones are refused', async () => {
  const large = Buffer.concat([bytes, bytes, bytes, bytes])
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (Number(request.headers['content-length'] ?? 0) <= 8 << 20) return false
      request.resume()
      request.once('end', () => sendJson(response, 413, {}))
      return true
    },
  })
  using registry = testRegistry()
  const big = { ...blob, digest: digestOf(large), size: large.length }
  await registry.pushBlob(repository(server), big, { bytes: large })
  expect(server.blobs.has(big.digest)).toBe(true)
  expect(methods(server)).toEqual(['POST', 'PUT', 'POST', 'PATCH', 'PATCH', 'PUT'])
})

it('stops sending when the registry answers early', async () => {
  const large = Buffer.alloc(64 << 20)
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (request.method !== 'PUT') return false
      sendJson(response, 403, { errors: [{ code: 'DENIED', message: 'quota' }] })
      return true
    },
  })
  using registry = testRegistry()
  const seen: number[] = []
  const wish = registry.pushBlob(
    repository(server),
    { ...blob, digest: digestOf(large), size: large.length },
    { bytes: large },
    { onProgress: (sent) => void seen.push(sent) },
  )
  await expect(wish).rejects.toMatchObject({ code: 'registry-denied' })
  expect(Math.max(0, ...seen)).toBeLessThan(large.length)
})

it('refuses a source of another size, and tells when the registry found other bytes', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  await expect(registry.pushBlob(repository(server), { ...blob, size: 5 }, { path })).rejects.toMatchObject({
    code: 'size-mismatch',
  })
  expect(server.requests).toEqual([])
  const wrong = { ...blob, digest: parseDigest(`sha256:${'a'.repeat(64)}`) }
  await expect(registry.pushBlob(repository(server), wrong, { path })).rejects.toMatchObject({
    code: 'digest-mismatch',
  })
})

it('mounts what another repository has, and says when it must be sent', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const digest = parseDigest(server.addBlob('base'))
  expect(await registry.mountBlob(repository(server), digest, 'other/app')).toBe(true)
  expect(server.requests[0]?.path).toBe(
    `/v2/ns/app/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=other%2Fapp`,
  )
  expect(await registry.mountBlob(repository(server), blob.digest, 'other/app')).toBe(false)
  server.fault = (_, response) => {
    sendJson(response, 403, {})
    return true
  }
  expect(await registry.mountBlob(repository(server), digest, 'other/app')).toBe(false)
})
