import { describe, expect, it } from 'vitest'
import { parseOutput } from '../../../../src/cli/build/output-option.ts'

describe('--output', () => {
  it.each([
    ['out', { type: 'local', dest: 'out' }],
    ['a=b', { type: 'local', dest: 'a=b' }],
    ['-', { type: 'tar', dest: '-' }],
    ['dest=x', { type: 'local', dest: 'x' }],
    ['type=local,dest=x', { type: 'local', dest: 'x' }],
    ['type=tar', { type: 'tar', dest: '-' }],
    ['type=oci', { type: 'oci', dest: '-' }],
    ['type=oci,tar=false,dest=x', { type: 'oci', dest: 'x', directory: true }],
    ['type=docker', { type: 'docker', dest: undefined }],
    ['type=docker,dest=-', { type: 'docker', dest: '-' }],
    ['"type=docker","dest=a,b"', { type: 'docker', dest: 'a,b' }],
    ['type=image,"name=a,b",push=false', { type: 'image', dest: undefined, names: ['a', 'b'] }],
    ['type=image,compression=uncompressed,unpack=true', { type: 'image' }],
    ['type=cacheonly', { type: 'cacheonly', dest: undefined }],
    ['type=oci,annotation.a.b=c', { annotations: [{ key: 'a.b', value: 'c', on: 'manifest' }] }],
    [
      'type=oci,annotation-manifest[linux/arm64].a=c',
      {
        annotations: [
          { key: 'a', value: 'c', on: 'manifest', platform: { os: 'linux', architecture: 'arm64' } },
        ],
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseOutput(text)).toMatchObject(expected)
  })

  it('knows how layers of an OCI archive are written', () => {
    expect(parseOutput('type=oci').compression).toBeUndefined()
    expect(parseOutput('type=oci,compression=zstd,force-compression=true').compression).toEqual({
      compression: 'zstd',
      force: true,
    })
  })

  it.each([
    ['type=registry', {}],
    ['type=image,push=true', {}],
    ['type=image,push=false', undefined],
    ['type=image', undefined],
    [
      'type=registry,compression=zstd,compression-level=7,force-compression=true,push-by-digest=true',
      { compression: 'zstd', level: '7', force: true, byDigest: true },
    ],
    ['type=oci,compression=zstd', undefined],
  ])('knows what %s pushes', (text, push) => {
    expect(parseOutput(text).push).toEqual(push)
  })

  it.each([
    'type=registry,dest=x',
    'type=image,compression=estargz',
    'type=image,compression-level=fast',
    'type=image,dest=x',
    'type=ocy',
    'type=local',
    'type=local,dest=-',
    'type=oci,tar=false',
    'type=oci,foo=bar',
    'type=oci,compression=estargz',
    'type=docker,compression=zstd',
    'type=image,rewrite-timestamp=perhaps',
    'type=oci,annotation-foo.a=b',
    'type=tar,name=x',
  ])('refuses %s', (text) => {
    expect(() => parseOutput(text)).toThrow(expect.objectContaining({ code: 'usage', exitCode: 2 }))
  })
})
