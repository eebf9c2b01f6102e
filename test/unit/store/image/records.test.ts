import { describe, expect, it } from 'vitest'
import { digestOf, mediaType } from '../../../../src/foundation/oci/index.ts'
import { parseImageRecord, parseNameRecord } from '../../../../src/store/image/records.ts'

const manifest = { mediaType: mediaType.manifest, digest: digestOf('m'), size: 3 }
const image = { manifest, imageId: digestOf('c'), stack: ['0'.repeat(32)], added: 1 }
const name = { name: 'docker.io/library/a:latest', manifest, imageId: digestOf('c'), tagged: 1 }

describe('records of images', () => {
  it('parses what it wrote', () => {
    expect(parseImageRecord(JSON.parse(JSON.stringify(image)))).toEqual(image)
    const shown = { ...image, created: '', diffIds: [digestOf('l')], size: 7 }
    expect(parseImageRecord(JSON.parse(JSON.stringify(shown)))).toEqual(shown)
    expect(parseNameRecord(JSON.parse(JSON.stringify(name)))).toEqual(name)
  })
  it.each([
    ['null', null],
    ['a list', []],
    ['a bad digest', { ...image, imageId: 'sha256:../../etc/passwd' }],
    ['a path as a layer', { ...image, stack: ['../../../etc'] }],
    ['no stack', { ...image, stack: undefined }],
    ['a bad descriptor', { ...image, manifest: { ...manifest, size: -1 } }],
    ['no time', { ...image, added: 'yesterday' }],
    ['fewer DiffIds than layers', { ...image, diffIds: [] }],
    ['a bad DiffId', { ...image, diffIds: ['sha256:..'] }],
  ])('refuses an image record that is or has %s', (_, value) => {
    expect(() => parseImageRecord(value)).toThrow()
  })
  it.each([
    ['a number as a name', { ...name, name: 7 }],
    ['no time', { ...name, tagged: undefined }],
  ])('refuses a name record with %s', (_, value) => {
    expect(() => parseNameRecord(value)).toThrow()
  })
})
