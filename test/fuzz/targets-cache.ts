import { deflateRawSync } from 'node:zlib'
import { cacheLimits, encodeDocument, parseDocument } from '../../src/engine/cache/document.ts'
import { unpackInline } from '../../src/engine/cache/inline.ts'
import { encodeMounts, parseMounts } from '../../src/engine/cache/mounts-document.ts'
import type { CachedLayer, CachedStep } from '../../src/engine/cache/types.ts'
import { digestOf, isDigest, parseDiffId } from '../../src/foundation/oci/index.ts'
import { mutateJson } from './mutate-json.ts'
import { must, type Target } from './types.ts'

const layer = (n: number): CachedLayer => ({
  diffId: parseDiffId(digestOf(`layer ${n}`)),
  blob: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(`blob ${n}`),
    size: 7 * n,
  },
})

const step = (n: number, layers: readonly CachedLayer[]): CachedStep => ({
  keys: [digestOf(`key ${n}`)],
  layers,
  name: `RUN echo ${n}`,
  created: 1_700_000_000_000 + n,
  milliseconds: n,
})

const documents: readonly Buffer[] = [
  encodeDocument([]),
  encodeDocument([step(1, [layer(1)]), step(2, [layer(1), layer(2)]), step(3, [layer(3)])]),
  Buffer.from('{"version":2,"layers":[],"steps":[]}'),
  Buffer.from(
    '{"version":1,"layers":[],"steps":[{"keys":[],"layers":[0],"name":"","created":0,"milliseconds":0}]}',
  ),
]

const words: readonly string[] = [
  `"${digestOf('x')}"`,
  '"layers":[],',
  '"Layers":[],',
  '"steps":[],',
  '"version":1,',
  '"keys":',
  '"name":"\\u001b[31m"',
  '-0',
  '1e3',
  '0.5',
  '9007199254740993',
  '4294967295',
  '__proto__',
  '[['.repeat(200),
]

/** Readers of build caches and of cache mounts that lie where others can write. */
export const cacheTargets: readonly Target[] = [
  {
    name: 'cache-records',
    words,
    mutate: mutateJson,
    seeds: () => documents,
    read: (input) => {
      const steps = parseDocument(input, 'x')
      steps.forEach(checkStep)
      const again = parseDocument(encodeDocument(steps), 'x')
      must(
        JSON.stringify(withoutBlobs(again)) === JSON.stringify(withoutBlobs(steps)),
        'they are not read back',
      )
      return [
        `ok, ${Math.min(steps.length, 3)} steps`,
        ...(steps.some(isShared) ? ['ok, shared layers'] : []),
      ]
    },
  },
  {
    name: 'cache-inline',
    words: [...documents.map((bytes) => deflateRawSync(bytes).toString('base64')), '=', 'AAAA', '////', '\n'],
    seeds: () => [
      ...documents.map((bytes) => Buffer.from(deflateRawSync(bytes).toString('base64'))),
      // Sixteen times as much as may come out.
      Buffer.from(deflateRawSync(Buffer.alloc(cacheLimits.document * 16)).toString('base64')),
    ],
    read: (input) => {
      const bytes = unpackInline(input.toString('latin1'), 'x')
      must(bytes.length <= cacheLimits.document, 'more was unpacked than is allowed')
      const one = layer(1)
      const steps = parseDocument(bytes, 'x', new Map([[one.diffId, one.blob]]))
      steps.forEach(checkStep)
      for (const { layers } of steps)
        for (const { blob } of layers) must(blob === one.blob, 'a layer that the image does not have')
      return [`ok, ${Math.min(steps.length, 3)} steps`]
    },
  },
  {
    name: 'cache-mounts',
    words: [...words, '"id":"../../x"', '"content":', '"uid":0,', '"mode":', '511', '2049'],
    mutate: mutateJson,
    seeds: () => [
      encodeMounts([
        { name: { id: '/root/.npm', uid: 0, gid: 0, mode: 0o755 }, layer: layer(1) },
        { name: { id: 'x', uid: 7, gid: 8, mode: 0o1777, content: digestOf('c') }, layer: layer(2) },
      ]),
      Buffer.from('{"version":1,"mounts":[]}'),
      Buffer.from('{"version":1,"mounts":[{"name":{"id":1},"layer":{}}]}'),
    ],
    read: (input) => {
      const mounts = parseMounts(input, 'x')
      for (const { name, layer: own } of mounts) {
        for (const text of [name.id, name.content ?? ''])
          must(typeof text === 'string', 'a name that is none')
        for (const number of [name.uid, name.gid, name.mode])
          must(Number.isSafeInteger(number) && number >= 0, 'a number that is none')
        must(name.mode <= 0o7777, 'a mode that is none')
        checkLayer(own)
      }
      must(JSON.stringify(parseMounts(encodeMounts(mounts), 'x')) === JSON.stringify(mounts), 'not read back')
      return [`ok, ${Math.min(mounts.length, 3)} caches`]
    },
  },
]

const checkLayer = ({ diffId, blob }: CachedLayer): void => {
  for (const one of [diffId, blob.digest]) must(typeof one === 'string' && isDigest(one), 'a digest is none')
  must(
    Number.isSafeInteger(blob.size) && blob.size >= 0 && blob.size <= cacheLimits.layerSize,
    'a size is none',
  )
  must(/^[a-z0-9./+]+$/.test(blob.mediaType), 'a media type is none')
}

const checkStep = ({ keys, layers, name, created, milliseconds }: CachedStep): void => {
  for (const key of keys) must(typeof key === 'string' && isDigest(key), 'a key is none')
  must(keys.length <= cacheLimits.keysOfStep && layers.length <= cacheLimits.layersOfStep, 'beyond a limit')
  must(!/\p{Cc}/u.test(name) && name.length <= cacheLimits.name, 'a name that terminals obey')
  for (const time of [created, milliseconds]) {
    must(Number.isSafeInteger(time) && time >= 0, 'a time is none')
    must(!Number.isNaN(new Date(time).getTime()), 'a time that no date has')
  }
  layers.forEach(checkLayer)
}

/** Two blobs may unpack to the same layer: written again, one of them does. */
const withoutBlobs = (steps: readonly CachedStep[]): unknown =>
  steps.map((one) => ({ ...one, layers: one.layers.map(({ diffId }) => diffId) }))

const isShared = ({ layers }: CachedStep): boolean => new Set(layers).size < layers.length
