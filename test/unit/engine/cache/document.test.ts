import { describe, expect, it } from 'vitest'
import { cacheLimits, encodeDocument, parseDocument } from '../../../../src/engine/cache/document.ts'
import type { CachedStep } from '../../../../src/engine/cache/types.ts'
import { digestOf, mediaType, parseDiffId } from '../../../../src/foundation/oci/index.ts'

const layer = (name: string): CachedStep['layers'][number] => ({
  diffId: parseDiffId(digestOf(name)),
  blob: { mediaType: mediaType.layerGzip, digest: digestOf(`${name}.gz`), size: 7 },
})

const step = (name: string, ...layers: readonly string[]): CachedStep => ({
  keys: [digestOf(`key of ${name}`)],
  layers: layers.map(layer),
  name,
  created: 1_700_000_000_123,
  milliseconds: 17,
})

const steps = [step('[1/2] COPY a', 'a'), step('[2/2] RUN b', 'a', 'b'), step('empty')]

/** The document with one thing changed. */
const changed = (change: (document: Record<string, Record<string, unknown>[]>) => void): Buffer => {
  const document = JSON.parse(encodeDocument(steps).toString()) as Record<string, Record<string, unknown>[]>
  change(document)
  return Buffer.from(JSON.stringify(document))
}
const first = (list: readonly Record<string, unknown>[] | undefined): Record<string, unknown> =>
  list?.[0] ?? {}

describe('records of a cache', () => {
  it('come back as they went, each layer written once', () => {
    const bytes = encodeDocument(steps)
    expect(parseDocument(bytes, 'here')).toEqual(steps)
    expect(bytes.toString().split(digestOf('a.gz'))).toHaveLength(2)
  })

  it('take the blobs of their layers from the image that they come with', () => {
    const bare = steps.map((one) => ({ ...one, layers: one.layers.map(({ diffId }) => ({ diffId })) }))
    const blobs = new Map([layer('a'), layer('b')].map(({ diffId, blob }) => [diffId, blob]))
    expect(parseDocument(encodeDocument(bare), 'here', blobs)).toEqual(steps)
    expect(() => parseDocument(encodeDocument(bare), 'here', new Map())).toThrow(/is not in the image/)
  })

  it.each<readonly [string, (document: Record<string, Record<string, unknown>[]>) => void]>([
    ['another version', (d) => Object.assign(d, { version: 2 })],
    ['steps that are no list', (d) => Object.assign(d, { steps: {} })],
    ['a layer without a digest', (d) => delete first(d['layers'])['digest']],
    ['a DiffId that is a path', (d) => Object.assign(first(d['layers']), { diffId: '../../etc' })],
    ['a digest of another kind', (d) => Object.assign(first(d['layers']), { digest: 'md5:00' })],
    ['a size that is none', (d) => Object.assign(first(d['layers']), { size: -1 })],
    ['a layer that is too large', (d) => Object.assign(first(d['layers']), { size: 1e15 })],
    ['a key that is no digest', (d) => Object.assign(first(d['steps']), { keys: ['x'] })],
    ['too many keys', (d) => Object.assign(first(d['steps']), { keys: Array(9).fill(digestOf('k')) })],
    ['a layer that is not there', (d) => Object.assign(first(d['steps']), { layers: [9] })],
    ['a layer by name', (d) => Object.assign(first(d['steps']), { layers: ['length'] })],
    ['a time that is none', (d) => Object.assign(first(d['steps']), { created: 1e300 })],
    ['a name that is too long', (d) => Object.assign(first(d['steps']), { name: 'x'.repeat(1001) })],
    ['too many layers of a step', (d) => Object.assign(first(d['steps']), { layers: Array(513).fill(0) })],
  ])('are refused with %s', (_, change) => {
    expect(() => parseDocument(changed(change), 'here')).toThrow(
      expect.objectContaining({ code: 'bad-cache' }),
    )
  })

  it('are refused when they are no JSON, say a thing twice, or are too many bytes', () => {
    const refused = expect.objectContaining({ code: 'bad-cache' }) as Error
    expect(() => parseDocument(Buffer.from('{'), 'here')).toThrow(refused)
    expect(() => parseDocument(Buffer.from('{"version":1,"version":1}'), 'here')).toThrow(refused)
    expect(() => parseDocument(Buffer.alloc(cacheLimits.document + 1), 'here')).toThrow(refused)
  })

  it('show no control characters of a name', () => {
    const bytes = changed((d) => Object.assign(first(d['steps']), { name: 'a\u001b[31mb\nc' }))
    expect(parseDocument(bytes, 'here')[0]?.name).toBe('a [31mb c')
  })
})
