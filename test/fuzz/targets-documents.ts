import {
  type Descriptor,
  familiarName,
  formatPlatform,
  formatReference,
  isDigest,
  parseImageConfig,
  parseIndex,
  parseManifest,
  parseReference,
  pickPlatform,
  platformOf,
  type Reference,
} from '../../src/foundation/oci/index.ts'
import { parseDockerManifest } from '../../src/store/archive/docker-manifest.ts'
import { annotatedName } from '../../src/store/archive/oci-names.ts'
import { historyMatches } from '../../src/store/image/history.ts'
import { checkManifest } from '../../src/store/registry/operations/check-manifest.ts'
import { mutateJson } from './mutate-json.ts'
import { must, type Target } from './types.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const blob = (mediaType: string): object => ({ mediaType, digest, size: 7 })
const seedsOf = (...documents: readonly unknown[]) => {
  return (): readonly Buffer[] => documents.map((document) => Buffer.from(JSON.stringify(document)))
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const indexType = 'application/vnd.oci.image.index.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'

const words: readonly string[] = [
  digest,
  `"${digest}"`,
  '"digest":',
  '"layers":[],',
  '"Layers":[],',
  '"manifests":[],',
  '"mediaType":',
  '"size":1,',
  '\\u0061',
  '\\',
  '"',
  '[',
  '[['.repeat(200),
  '{"a":'.repeat(200),
  manifestType,
  indexType,
  '__proto__',
]

/** The readers of what registries and archives say of images. What they accept has the types that it is declared to have. */
export const documentTargets: readonly Target[] = [
  {
    name: 'manifest',
    words,
    mutate: mutateJson,
    seeds: seedsOf(
      { schemaVersion: 2, mediaType: manifestType, config: blob('c'), layers: [blob(layerType)] },
      { schemaVersion: 2, config: blob('c'), layers: [], annotations: { a: 'b' } },
      { schemaVersion: 1, fsLayers: [{ blobSum: digest }] },
      { schemaVersion: 2, mediaType: manifestType, config: { ...blob('c'), digest: [digest] }, layers: [] },
      {
        schemaVersion: 2,
        mediaType: manifestType,
        config: { ...blob('c'), digest: { toString: 1 } },
        layers: [],
      },
    ),
    read: (input) => {
      const type = checkManifest(input, '', 'x')
      if (type !== manifestType) return [`ok ${type}`]
      const { config, layers, annotations } = parseManifest(input.toString('utf8'))
      for (const one of [config, ...layers]) checkDescriptor(one)
      checkTexts(annotations)
      return [`ok, ${Math.min(layers.length, 3)} layers`]
    },
  },
  {
    name: 'index',
    words,
    mutate: mutateJson,
    seeds: seedsOf(
      {
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [
          { ...blob(manifestType), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
          { ...blob(manifestType), platform: { os: 'linux', architecture: 'amd64' } },
        ],
      },
      {
        schemaVersion: 2,
        manifests: [{ ...blob(manifestType), annotations: { 'org.opencontainers.image.ref.name': 'a/b:c' } }],
      },
    ),
    read: (input) => {
      const index = parseIndex(input.toString('utf8'))
      index.manifests.forEach(checkDescriptor)
      const wanted = { os: 'linux', architecture: 'arm', variant: 'v7' }
      const picked = pickPlatform(index.manifests, ({ platform }) => platform, wanted)
      const names = index.manifests.map(({ annotations }) => annotatedName(annotations)).filter(Boolean)
      return [`ok${picked ? ', for arm' : ''}${names.length > 0 ? ', named' : ''}`]
    },
  },
  {
    name: 'config',
    words: [...words, '"diff_ids":', '"history":', '"Env":', '"Labels":', '"Healthcheck":', 'null'],
    mutate: mutateJson,
    seeds: seedsOf(
      { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } },
      {
        os: 'linux',
        architecture: 'arm',
        variant: 'v7',
        created: '2026-01-02T03:04:05Z',
        rootfs: { type: 'layers', diff_ids: [digest] },
        history: [{ created_by: 'RUN x' }, { empty_layer: true, created: '2026-01-02T03:04:05Z' }],
        config: {
          Env: ['A=b'],
          Cmd: ['sh'],
          Labels: { a: 'b' },
          ExposedPorts: { '80/tcp': {} },
          Volumes: { '/v': {} },
          User: 'u',
          Healthcheck: { Test: ['CMD', 'x'], Interval: 1, Retries: 2 },
          StopSignal: 'SIGTERM',
        },
      },
    ),
    read: (input) => {
      const config = parseImageConfig(input.toString('utf8'))
      for (const one of config.rootfs.diff_ids)
        must(typeof one === 'string' && isDigest(one), 'a diff id is none')
      must(typeof formatPlatform(platformOf(config)) === 'string', 'no platform')
      for (const text of [config.created, config.author, config.variant])
        must(text == null || typeof text === 'string', 'a text that is none')
      for (const entry of config.history ?? [])
        for (const text of [entry.created, entry.created_by, entry.author, entry.comment])
          must(text == null || typeof text === 'string', 'a text of the history that is none')
      checkTexts(config.config?.Labels)
      const { Test } = config.config?.Healthcheck ?? {}
      must(
        Test == null || (Array.isArray(Test) && Test.every((word) => typeof word === 'string')),
        'a test that is none',
      )
      return [
        `ok, history ${historyMatches(config) ? 'fits' : 'does not fit'}, ${config.config ? 'with' : 'no'} config`,
      ]
    },
  },
  {
    name: 'docker-manifest',
    words: [...words, '"Config":', '"RepoTags":', 'a/b:c', 'docker.io/library/x'],
    mutate: mutateJson,
    seeds: seedsOf(
      [{ Config: 'config.json', RepoTags: ['a:b', 'localhost:5000/c/d:e'], Layers: ['l/layer.tar'] }],
      [{ Config: 'c', RepoTags: null, Layers: null }],
    ),
    read: (input) => {
      const entries = parseDockerManifest(input.toString('utf8'))
      for (const { config, layers, names } of entries) {
        for (const text of [config, ...layers]) must(typeof text === 'string', 'a name that is none')
        names.forEach(checkReference)
      }
      return [`ok, ${entries.some(({ names }) => names.length > 0) ? 'named' : 'no names'}`]
    },
  },
  {
    name: 'reference',
    words: [
      digest,
      `@${digest}`,
      '@',
      ':',
      '/',
      '//',
      '..',
      '-',
      '__',
      'localhost',
      '[::1]',
      ':5000',
      'docker.io/',
      'index.docker.io/',
      'ſ',
      'K',
      '\n',
      '\0',
      'A',
    ],
    seeds: () =>
      [
        'a',
        'a/b/c:tag',
        `localhost:5000/a-b__c.d@${digest}`,
        `[::1]:1/x:y@${digest}`,
        'Example.com/x',
        'docker.io/x',
      ].map((text) => Buffer.from(text)),
    read: (input) => {
      const reference = parseReference(input.toString('utf8'))
      checkReference(reference)
      return [`ok ${Object.keys(reference).join(' ')}${reference.registry === 'docker.io' ? ', docker' : ''}`]
    },
  },
]

const checkDescriptor = (one: Descriptor): void => {
  must(typeof one.digest === 'string' && isDigest(one.digest), 'a digest is none')
  must(Number.isSafeInteger(one.size) && one.size >= 0, 'a size is none')
  must(typeof one.mediaType === 'string', 'a media type is none')
  checkTexts(one.annotations)
  if (one.platform == null) return
  for (const text of [one.platform.os, one.platform.architecture, one.platform.variant])
    must(text == null || typeof text === 'string', 'a platform is none')
}

const checkTexts = (texts: Readonly<Record<string, string>> | null | undefined): void => {
  must(texts == null || Object.values(texts).every((text) => typeof text === 'string'), 'a text is none')
}

const checkReference = (reference: Reference): void => {
  const full = formatReference(reference)
  must(formatReference(parseReference(full)) === full, `${full} is not read back`)
  must(/^[a-zA-Z0-9.:[\]@/_-]+$/.test(full) && !reference.repository.includes('..'), 'a name that climbs')
  must(familiarName(reference).length > 0, 'no familiar name')
}
