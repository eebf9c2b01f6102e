import { expect, it } from 'vitest'
import { mediaType, parseReference } from '../../../../../src/foundation/oci/index.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../../support/registry/fake-registry.ts'
import { testRegistry } from '../../../../support/registry/registry-rig.ts'

const digest = `sha256:${'a'.repeat(64)}`
const document = (more: object = {}): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, digest, size: 2 },
    layers: [],
    ...more,
  })

const named = ({ host }: FakeRegistry, rest: string) => parseReference(`${host}/${rest}`)

it('resolves a tag by HEAD and gets the manifest by its digest', async () => {
  await using server = await startFakeRegistry()
  const expected = server.addManifest('ns/app', 'v1', mediaType.manifest, document())
  using registry = testRegistry()
  const found = await registry.resolve(named(server, 'ns/app:v1'))
  expect(found).toEqual({ mediaType: mediaType.manifest, digest: expected, size: document().length })
  const { descriptor, bytes } = await registry.manifest(named(server, `ns/app@${expected}`))
  expect(descriptor).toEqual(found)
  expect(bytes.toString()).toBe(document())
  expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
})

it('asks with GET where HEAD tells too little', async () => {
  await using server = await startFakeRegistry({
    fault: (request, response) => {
      if (request.method !== 'HEAD') return false
      response.writeHead(405).end()
      return true
    },
  })
  const expected = server.addManifest('app', 'v1', mediaType.manifest, document())
  using registry = testRegistry()
  expect((await registry.resolve(named(server, 'app:v1'))).digest).toBe(expected)
})

it('takes lists of docker, and documents whose type is only in themselves', async () => {
  await using server = await startFakeRegistry()
  const list = JSON.stringify({ schemaVersion: 2, mediaType: mediaType.dockerIndex, manifests: [] })
  server.addManifest('app', 'list', mediaType.dockerIndex, list)
  server.addManifest('app', 'plain', 'application/json; charset=utf-8', document())
  using registry = testRegistry()
  expect((await registry.manifest(named(server, 'app:list'))).descriptor.mediaType).toBe(
    mediaType.dockerIndex,
  )
  expect((await registry.manifest(named(server, 'app:plain'))).descriptor.mediaType).toBe(mediaType.manifest)
})

it.each([
  ['bytes of another digest', 'digest-mismatch', mediaType.manifest, document()],
  [
    "docker's schema 1",
    'manifest-unsupported',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    '{"schemaVersion":1}',
  ],
  ['schema 1 without a type', 'manifest-unsupported', 'text/plain', '{"schemaVersion":1}'],
  ['something else', 'manifest-unsupported', 'text/html', '{}'],
  ['no JSON', 'bad-image', mediaType.manifest, 'x'],
  ['a document that says another type', 'bad-image', mediaType.dockerManifest, document()],
  ['a manifest that is an index too', 'bad-image', mediaType.manifest, document({ manifests: [] })],
  [
    'an index that is a manifest too',
    'bad-image',
    mediaType.index,
    document({ mediaType: mediaType.index, manifests: [] }),
  ],
  ['a key twice', 'bad-image', mediaType.manifest, document().replace('{', '{"layers":[],')],
  ['a key that only case tells apart', 'bad-image', mediaType.manifest, document({ Layers: [] })],
  [
    'a digest that is none',
    'bad-digest',
    mediaType.manifest,
    document({ layers: [{ mediaType: 'x', digest: 'sha256:../../x', size: 1 }] }),
  ],
])('refuses %s', async (what, code, type, text) => {
  await using server = await startFakeRegistry()
  const real = server.addManifest('app', 'v1', type, text)
  using registry = testRegistry()
  const asked = what === 'bytes of another digest' ? `app@${digest}` : 'app:v1'
  if (asked !== 'app:v1')
    server.manifests.set(asked, server.manifests.get(`app@${real}`) ?? { type, bytes: Buffer.alloc(0) })
  await expect(registry.manifest(named(server, asked))).rejects.toMatchObject({ code })
})

it('refuses a manifest whose digest is not what the registry says', async () => {
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.writeHead(200, { 'Content-Type': mediaType.manifest, 'Docker-Content-Digest': digest })
      response.end(document())
      return true
    },
  })
  using registry = testRegistry()
  await expect(registry.manifest(named(server, 'app:v1'))).rejects.toMatchObject({ code: 'digest-mismatch' })
})

it.each([true, false])('refuses more than 4 MiB (length said: %s)', async (said) => {
  const bytes = Buffer.alloc((4 << 20) + 1, 0x20)
  await using server = await startFakeRegistry({
    fault: (_, response) => {
      response.writeHead(200, {
        'Content-Type': mediaType.manifest,
        ...(said ? { 'Content-Length': bytes.length } : {}),
      })
      response.end(bytes)
      return true
    },
  })
  using registry = testRegistry()
  await expect(registry.manifest(named(server, 'app:v1'))).rejects.toMatchObject({
    code: 'manifest-too-large',
  })
})

it('tells of what is not there, and what the registry says of it', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  await expect(registry.manifest(named(server, 'app:v1'))).rejects.toMatchObject({
    code: 'registry-not-found',
    message: `pull ${server.host}/app:v1: the registry answered 404 (MANIFEST_UNKNOWN: not there)`,
  })
})

it('sends a manifest by its tag and checks what the registry made of it', async () => {
  await using server = await startFakeRegistry()
  using registry = testRegistry()
  const manifest = { mediaType: mediaType.manifest, bytes: Buffer.from(document()) }
  const sent = await registry.pushManifest(named(server, 'app:v2'), manifest)
  expect(server.manifests.get('app:v2')).toEqual({ type: manifest.mediaType, bytes: manifest.bytes })
  server.fault = (_, response) => {
    response.writeHead(201, { 'Docker-Content-Digest': digest }).end()
    return true
  }
  await expect(registry.pushManifest(named(server, 'app:v2'), manifest)).rejects.toMatchObject({
    code: 'digest-mismatch',
  })
  await expect(registry.pushManifest(named(server, `app@${digest}`), manifest)).rejects.toMatchObject({
    code: 'digest-mismatch',
  })
  expect(sent.size).toBe(manifest.bytes.length)
})
