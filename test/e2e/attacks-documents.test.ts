import { describe, expect, it } from 'vitest'
import {
  type ArchiveParts,
  busybox,
  dockerArchive,
  json,
  link,
  load,
  sha256,
} from '../support/e2e/attack-archive.ts'
import { guardedVictim } from '../support/e2e/attack-rig.ts'
import { expectCode, tsbuild } from '../support/e2e/rig.ts'
import { rawTar } from '../support/hostile-tar.ts'

/** Archives whose documents lie: SECURITY rows 14-16. */

guardedVictim()

describe('documents that lie (14-16)', () => {
  const layer = rawTar(...busybox)
  const refused = async (parts: ArchiveParts, words: RegExp): Promise<void> => {
    const outcome = await load(dockerArchive({ ...parts, name: 'refused' }))
    expect(outcome.code).not.toBe(0)
    expect(outcome.stderr).toMatch(words)
    expect(outcome.stderr).not.toMatch(/internal error/)
    expect((await tsbuild(['images'])).stdout).not.toContain('refused')
  }

  it('a diff id that is another layer', () =>
    refused(
      {
        layers: [layer],
        config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
      },
      /sha256|diff/,
    ))
  it('more or fewer diff ids than layers', () =>
    refused(
      { layers: [layer], config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [] } }) },
      /layers/,
    ))
  it.each([
    'sha256:../../../../etc/passwd',
    `sha256:${'a'.repeat(63)}/`,
    'md5:00',
    '',
    `SHA256:${'a'.repeat(64)}`,
  ])('a malformed diff id: %j', (id) =>
    refused(
      { layers: [layer], config: (c) => ({ ...c, rootfs: { type: 'layers', diff_ids: [id] } }) },
      /digest|diff|bad/i,
    ),
  )
  it.each(['../../../../../../../../etc/passwd', '/etc/passwd', 'config.json/..', 'nowhere', ''])(
    'a manifest that names %j as config or layer',
    async (path) => {
      await refused(
        { layers: [layer], manifest: [{ Config: path, RepoTags: [], Layers: ['layer0.tar'] }] },
        /missing|inside/,
      )
      await refused(
        { layers: [layer], manifest: [{ Config: 'config.json', RepoTags: [], Layers: [path] }] },
        /missing|inside/,
      )
    },
  )
  it.each(['../x', '/etc/x', 'a/../../x', '..'])('a member called %j', (name) =>
    refused({ layers: [layer], extra: [{ name, body: 'evil' }] }, /name inside/),
  )
  it('members that link outside, to each other, or are devices', async () => {
    await refused({ layers: [layer], extra: [link('evil', '/etc/shadow')] }, /outside/)
    await refused({ layers: [layer], extra: [link('a/evil', '../../etc/shadow')] }, /outside/)
    await refused({ layers: [layer], extra: [{ name: 'dev', type: '3', major: 1, minor: 5 }] }, /only files/)
    await refused(
      {
        layers: [layer],
        extra: [link('one', 'two'), link('two', 'one')],
        manifest: [{ Config: 'one', RepoTags: [], Layers: [] }],
      },
      /circle/,
    )
  })
  it('a member that comes twice', () =>
    refused({ layers: [layer], extra: [{ name: 'config.json', body: '{}' }] }, /twice/))
  it('a key that comes twice means nothing', async () => {
    const ids = json([`sha256:${sha256(layer)}`])
    const two = `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"rootfs":{"type":"layers","diff_ids":${ids}}}`
    await refused({ layers: [layer], rawConfig: two }, /twice|duplicate/)
  })
  it.each(['bad name', '-x', '../../x', 'a:b:c', `${'a'.repeat(300)}`, 'x@sha256:12'])(
    'a name that is none: %j',
    (tag) =>
      refused(
        { layers: [layer], manifest: [{ Config: 'config.json', RepoTags: [tag], Layers: ['layer0.tar'] }] },
        /.+/,
      ),
  )
  it('a document of 20 MB', () =>
    refused({ layers: [layer], rawConfig: `{"x":"${'x'.repeat(20 << 20)}"}` }, /large|bytes/))
})

describe('an OCI layout that lies (14, 15)', () => {
  const layer = rawTar(...busybox)
  interface Layout {
    readonly manifest?: (manifest: Record<string, unknown>) => unknown
    readonly index?: (descriptor: Record<string, unknown>) => unknown
    readonly blobName?: string
    readonly layer?: Buffer
  }
  const descriptor = (mediaType: string, body: string | Buffer): Record<string, unknown> => ({
    mediaType,
    digest: `sha256:${sha256(body)}`,
    size: Buffer.byteLength(body),
  })
  const layout = (options: Layout): Buffer => {
    const config = json({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    })
    const plain = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
    }
    const manifest = json(options.manifest ? options.manifest(plain) : plain)
    const entry = {
      ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
      annotations: { 'org.opencontainers.image.ref.name': 'oci-refused:latest' },
    }
    const index = options.index ? options.index(entry) : { schemaVersion: 2, manifests: [entry] }
    const stored = options.layer ?? layer
    return rawTar(
      { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' },
      { name: 'index.json', body: json(index) },
      ...[config, manifest].map((body) => ({ name: `blobs/sha256/${sha256(body)}`, body })),
      { name: options.blobName ?? `blobs/sha256/${sha256(layer)}`, body: stored },
    )
  }

  it('as it should be is loaded', async () => {
    expectCode(await load(layout({})))
    expectCode(await tsbuild(['rmi', '-f', 'oci-refused']))
  })
  it.each<readonly [string, Layout]>([
    ['a blob of other bytes', { layer: Buffer.concat([layer, Buffer.alloc(512)]) }],
    ['a blob that is cut off', { layer: layer.subarray(0, -512) }],
    ['a blob that is missing', { blobName: `blobs/sha256/${'0'.repeat(63)}1` }],
    [
      'a size that lies',
      {
        manifest: (m) => ({
          ...m,
          layers: [{ ...descriptor('application/vnd.oci.image.layer.v1.tar', layer), size: 1 }],
        }),
      },
    ],
    [
      'a negative size',
      {
        manifest: (m) => ({
          ...m,
          layers: [{ ...descriptor('application/vnd.oci.image.layer.v1.tar', layer), size: -1 }],
        }),
      },
    ],
    ['both layers and manifests', { manifest: (m) => ({ ...m, manifests: [] }) }],
    ['an index with layers', { index: (d) => ({ schemaVersion: 2, manifests: [d], layers: [] }) }],
    [
      'a digest that climbs',
      {
        index: (d) => ({ schemaVersion: 2, manifests: [{ ...d, digest: 'sha256:../../../../etc/passwd' }] }),
      },
    ],
    [
      'a digest of an unknown algorithm',
      {
        index: (d) => ({
          schemaVersion: 2,
          manifests: [{ ...d, digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }],
        }),
      },
    ],
    [
      'indexes within indexes without end',
      {
        index: (d) => ({
          schemaVersion: 2,
          manifests: [{ ...d, mediaType: 'application/vnd.oci.image.index.v1+json' }],
        }),
      },
    ],
  ])('%s is refused', async (_, options) => {
    const outcome = await load(layout(options))
    expect(outcome.code).not.toBe(0)
    expect(outcome.stderr).not.toMatch(/internal error/)
    expect((await tsbuild(['images'])).stdout).not.toContain('oci-refused')
  })
})
