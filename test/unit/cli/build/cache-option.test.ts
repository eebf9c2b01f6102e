import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CacheOptions, parseCaches } from '../../../../src/cli/build/cache-option.ts'
import { digestOf } from '../../../../src/foundation/oci/index.ts'
import { silentCli } from '../../../support/silent-cli.ts'

let cwd = ''
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tsbuild-caches-'))
  writeFileSync(join(cwd, 'key'), 'the key of the file\n')
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const parse = (
  from: readonly string[],
  to: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CacheOptions> => parseCaches(from, to, silentCli(cwd, env))

const plain = { mode: 'min', ignoreError: false, force: false, keepOld: false }

describe('--cache-from', () => {
  it('takes names, registries and directories', async () => {
    const digest = digestOf('x')
    const words = [
      'app:cache,other',
      'type=registry,ref=host:5000/x',
      'type=local,src=c',
      `type=local,src=/d,digest=${digest}`,
    ]
    expect((await parse(words)).cacheFrom).toEqual([
      { kind: 'registry', reference: 'app:cache' },
      { kind: 'registry', reference: 'other' },
      { kind: 'registry', reference: 'host:5000/x' },
      { kind: 'local', directory: join(cwd, 'c'), tag: 'latest' },
      { kind: 'local', directory: '/d', tag: 'latest', digest },
    ])
  })

  it.each([
    ['src=x', /type is missing/],
    ['type=local', /type=local requires src/],
    ['type=registry', /type=registry requires ref/],
    ['type=inline', /expected registry or local/],
    ['type=s3,bucket=b', /unknown type "s3"/],
    ['type=local,src=c,dest=d', /unknown key "dest"/],
    ['type=local,src=c,digest=../..', /digest is none/],
    ['type=registry,ref=UPPER', /./],
  ])('refuses %s', async (text, message) => {
    await expect(parse([text])).rejects.toThrow(message)
  })
})

describe('--cache-to', () => {
  it('takes the same, and images themselves', async () => {
    const words = [
      'app:cache',
      'type=local,dest=c,mode=max,ignore-error=true,compression=zstd,compression-level=7,tag=t,keep-old=true',
      'type=inline',
      'type=registry,ref=app:c,force-compression=true,image-manifest=true,oci-mediatypes=true',
    ]
    expect((await parse([], words)).cacheTo).toEqual([
      { ...plain, address: { kind: 'registry', reference: 'app:cache' } },
      {
        address: { kind: 'local', directory: join(cwd, 'c'), tag: 't' },
        mode: 'max',
        ignoreError: true,
        force: false,
        keepOld: true,
        compression: { kind: 'zstd', level: 7 },
      },
      { ...plain, address: { kind: 'inline' } },
      { ...plain, address: { kind: 'registry', reference: 'app:c' }, force: true },
    ])
  })

  it.each([
    ['type=local', /requires dest/],
    ['type=registry,ref=a,mode=all', /mode=all: expected min or max/],
    ['type=registry,ref=a,ignore-error=perhaps', /ignore-error: expected true or false/],
    ['type=registry,ref=a,compression=lzma', /expected gzip, zstd or none/],
    ['type=inline,ref=a', /unknown key "ref"/],
  ])('refuses %s', async (text, message) => {
    await expect(parse([], [text])).rejects.toThrow(message)
  })
})

describe('caches', () => {
  it('are none where nothing, or only what has no service here, is named', async () => {
    expect(await parse([])).toEqual({})
    expect(await parse(['type=gha'], ['type=gha,mode=max'], { TSBUILD_CACHE_KEY: 'short' })).toEqual({})
  })

  it('have the key of the environment, or of a file', async () => {
    const keyIn = async (env: Readonly<Record<string, string>>): Promise<string | undefined> => {
      const { cacheKey } = await parse(['a'], [], env)
      return cacheKey?.kind === 'shared' ? cacheKey.bytes.toString() : cacheKey?.kind
    }
    expect(await keyIn({})).toBeUndefined()
    expect(await keyIn({ TSBUILD_CACHE_KEY: 'sixteen bytes 16' })).toBe('sixteen bytes 16')
    expect(await keyIn({ TSBUILD_CACHE_KEY_FILE: 'key' })).toBe('the key of the file')
    await expect(keyIn({ TSBUILD_CACHE_KEY_FILE: 'none' })).rejects.toThrow(
      /read the cache key: none: ENOENT/,
    )
    await expect(keyIn({ TSBUILD_CACHE_KEY: 'short' })).rejects.toThrow(/at least 16 bytes/)
  })
})
