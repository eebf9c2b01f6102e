import { describe, expect, it } from 'vitest'
import { parseReference } from '../../../../src/foundation/oci/index.ts'
import { formatDockerManifest, parseDockerManifest } from '../../../../src/store/archive/docker-manifest.ts'
import { annotatedName, annotateName } from '../../../../src/store/archive/oci-names.ts'

describe('manifest.json', () => {
  const entry = {
    config: 'c.json',
    layers: ['a/layer.tar'],
    names: [parseReference('nginx:v3'), parseReference('localhost:5000/x/y:1')],
  }

  it('keeps familiar names', () => {
    const text = formatDockerManifest([entry])
    expect(JSON.parse(text)).toEqual([
      { Config: 'c.json', RepoTags: ['nginx:v3', 'localhost:5000/x/y:1'], Layers: ['a/layer.tar'] },
    ])
    expect(parseDockerManifest(text)).toEqual([entry])
  })

  it('has null for images without a name', () => {
    const text = formatDockerManifest([{ ...entry, names: [] }])
    expect(text).toContain('"RepoTags":null')
    expect(parseDockerManifest(text)[0]?.names).toEqual([])
  })

  it.each([
    '',
    '{}',
    '[]',
    '[1]',
    '[{}]',
    '[{"Config":1}]',
    '[{"Config":"a","Layers":"b"}]',
    '[{"Config":"a","Layers":[1]}]',
  ])('refuses %s', (text) => expect(() => parseDockerManifest(text)).toThrow('manifest.json'))

  it('refuses names that are none', () => {
    expect(() => parseDockerManifest('[{"Config":"a","RepoTags":["../../x"]}]')).toThrow('parse image name')
  })
})

describe('names in index.json', () => {
  it('are written in full, and read again', () => {
    const name = parseReference('nginx:v3')
    expect(annotateName(name)).toEqual({
      'io.containerd.image.name': 'docker.io/library/nginx:v3',
      'org.opencontainers.image.ref.name': 'v3',
    })
    expect(annotatedName(annotateName(name))).toEqual(name)
  })

  it('may be missing, or only a tag', () => {
    expect(annotatedName(undefined)).toBeUndefined()
    expect(annotatedName({ 'org.opencontainers.image.ref.name': 'latest' })).toBeUndefined()
    expect(annotatedName({ 'org.opencontainers.image.ref.name': 'a/b/Not A Name' })).toBeUndefined()
    expect(annotatedName({ 'org.opencontainers.image.ref.name': 'app:1' })).toEqual(parseReference('app:1'))
  })
})
