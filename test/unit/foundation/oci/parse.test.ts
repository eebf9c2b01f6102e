import { describe, expect, it } from 'vitest'
import { parseImageConfig, parseIndex, parseManifest } from '../../../../src/foundation/oci/index.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 3 }
const manifest = { schemaVersion: 2, config: blob, layers: [blob] }
const index = { schemaVersion: 2, manifests: [{ ...blob, platform: { os: 'linux', architecture: 'arm' } }] }
const config = { os: 'linux', architecture: 'arm', rootfs: { type: 'layers', diff_ids: [digest] } }

const refused = expect.objectContaining({ code: expect.stringMatching(/^bad-(image|digest)$/) })

/** What has a type that it should not have is refused where it is read, not where it is used. */
describe('documents', () => {
  it('as they should be are read, also with nulls where Go writes them', () => {
    expect(parseManifest(JSON.stringify({ ...manifest, annotations: null })).layers).toHaveLength(1)
    const plain = { ...index, manifests: [{ ...blob, platform: null, annotations: null }] }
    expect(parseIndex(JSON.stringify(plain)).manifests).toHaveLength(1)
    const empty = { ...config, config: { Env: null, Healthcheck: null, Labels: null }, history: null }
    expect(parseImageConfig(JSON.stringify(empty)).os).toBe('linux')
  })
  it('of images without layers are read as docker writes them', () => {
    expect(parseManifest(JSON.stringify({ ...manifest, layers: null })).layers).toEqual([])
    const bare = parseImageConfig(JSON.stringify({ ...config, rootfs: { type: 'layers' } }))
    expect(bare.rootfs.diff_ids).toEqual([])
    expect(() => parseManifest(JSON.stringify({ ...manifest, layers: undefined }))).toThrow(refused)
    expect(() => parseImageConfig(JSON.stringify({ ...config, rootfs: {} }))).toThrow(refused)
  })

  it.each([
    ['a list that reads like a digest', [digest]],
    ['an object that cannot be made a text', { toString: 1, valueOf: 1 }],
    ['another algorithm', `sha512:${'ab'.repeat(64)}`],
    ['a path', 'sha256:../../../../etc/passwd'],
    ['upper case', digest.toUpperCase()],
    ['a line behind it', `${digest}\n`],
    ['nothing', undefined],
  ])('with %s for a digest are refused', (_, wrong) => {
    const bad = { ...blob, digest: wrong }
    expect(() => parseManifest(JSON.stringify({ ...manifest, config: bad }))).toThrow(refused)
    expect(() => parseManifest(JSON.stringify({ ...manifest, layers: [bad] }))).toThrow(refused)
    expect(() => parseIndex(JSON.stringify({ ...index, manifests: [bad] }))).toThrow(refused)
    const rootfs = { type: 'layers', diff_ids: [wrong ?? null] }
    expect(() => parseImageConfig(JSON.stringify({ ...config, rootfs }))).toThrow(refused)
  })

  it.each<readonly [string, object]>([
    ['a size that is a text', { size: '3' }],
    ['a negative size', { size: -1 }],
    ['a size beyond what numbers can count', { size: 2 ** 60 }],
    ['an annotation that is a number', { annotations: { a: 1 } }],
    ['annotations that are a list', { annotations: ['a'] }],
    ['a platform that is a text', { platform: 'linux/arm' }],
    ['a variant that is a number', { platform: { os: 'linux', architecture: 'arm', variant: 7 } }],
  ])('with %s are refused', (_, wrong) => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, layers: [{ ...blob, ...wrong }] }))).toThrow(
      refused,
    )
    expect(() => parseIndex(JSON.stringify({ ...index, manifests: [{ ...blob, ...wrong }] }))).toThrow(
      refused,
    )
  })

  it.each<readonly [string, object]>([
    ['created', { created: 1 }],
    ['variant', { variant: ['v7'] }],
    ['history', { history: {} }],
    ['text of the history', { history: [{ created_by: { a: 1 } }] }],
    ['health check', { config: { Healthcheck: [] } }],
    ['test of a health check', { config: { Healthcheck: { Test: 'curl' } } }],
    ['interval of a health check', { config: { Healthcheck: { Interval: '1s' } } }],
    ['user', { config: { User: 0 } }],
    ['label', { config: { Labels: { a: null } } }],
  ])('of images with a wrong %s are refused', (_, wrong) => {
    expect(() => parseImageConfig(JSON.stringify({ ...config, ...wrong }))).toThrow(refused)
  })

  it('that are two things at once are refused', () => {
    for (const both of [
      { ...manifest, manifests: [] },
      { ...index, layers: [] },
      { ...index, config: blob },
    ]) {
      const text = JSON.stringify(both)
      expect(() => parseManifest(text)).toThrow(refused)
      expect(() => parseIndex(text)).toThrow(refused)
    }
  })
})
