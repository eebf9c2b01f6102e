import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type CacheMountName,
  type CacheMounts,
  openCacheMounts,
  type Sharing,
} from '../../../../src/store/cache-mounts/index.ts'
import { makeProgram, type Program } from '../../../support/program.ts'

let root = ''
let caches: CacheMounts
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-caches-'))
  caches = openCacheMounts(root)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const name: CacheMountName = { id: 'apt', uid: 0, gid: 0, mode: 0o755 }
const fill = (directory: string): void => mkdirSync(join(directory, 'data'))
const never = new AbortController().signal
const take = (sharing: Sharing, which: Partial<CacheMountName> = {}, signal = never) =>
  caches.acquire({ ...name, ...which }, { sharing, signal, fill })

/** `program VERB ROOT NAME`: takes the cache and keeps it, or starts to fill it and never ends. */
const source = `
  import { mkdirSync, writeFileSync } from 'node:fs'
  import { openCacheMounts } from './src/store/cache-mounts/index.ts'

  const [verb, root, name] = process.argv.slice(2)
  const fill = (directory) => {
    mkdirSync(directory + '/data')
    if (verb === 'hold') return
    writeFileSync(directory + '/data/half', '')
    console.log('fills')
    for (;;) {}
  }
  const signal = new AbortController().signal
  await openCacheMounts(root).acquire(JSON.parse(name), { sharing: 'locked', signal, fill })
  console.log('holds')
  setInterval(() => {}, 1000)
`
let program: Program
beforeAll(() => {
  program = makeProgram(source)
})
afterAll(() => program[Symbol.dispose]())

/** Another process, as soon as it has said that it is there. */
const otherProcess = async (verb: 'hold' | 'fill') => {
  const child = program.start([verb, root, JSON.stringify(name)])
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}

describe('a cache', () => {
  it('keeps what was put into it, by its name', async () => {
    const first = await take('shared')
    writeFileSync(join(first.directory, 'data/file'), 'kept')
    first.release()
    const again = await take('locked')
    expect(readFileSync(join(again.directory, 'data/file'), 'utf8')).toBe('kept')
    for (const other of [{ id: 'apt2' }, { uid: 1 }, { gid: 1 }, { mode: 0o700 }, { content: 'x' }])
      expect(readdirSync(join((await take('shared', other)).directory, 'data'))).toEqual([])
  })

  it('has no name that leads anywhere (40)', async () => {
    writeFileSync(join(root, 'victim'), 'x')
    for (const id of ['../../../victim', '/etc', '.', '..', 'a/../../b', '\u0000', '', 'x'.repeat(5000)]) {
      const { directory } = await take('shared', { id })
      expect(directory).toMatch(/\/cache-mounts\/[0-9a-f]{32}\/0\/tree$/)
    }
    expect(readdirSync(root).sort()).toEqual(['cache-mounts', 'victim'])
  })

  it('is one directory for all who share it, and one each for those who do not', async () => {
    const [a, b] = [await take('shared'), await take('shared')]
    expect(a.directory).toBe(b.directory)
    const [c, d] = [await take('private'), await take('private')]
    expect(new Set([a, c, d].map(({ directory }) => directory)).size).toBe(3)
    for (const one of [a, b, c, d]) one.release()
    expect((await take('private')).directory).toBe(a.directory)
  })

  it('is waited for when it is locked, and the wait can be ended', async () => {
    const first = await take('locked')
    let got = false
    const second = take('locked').then((cache) => {
      got = true
      return cache
    })
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(got).toBe(false)
    await expect(take('locked', {}, AbortSignal.timeout(50))).rejects.toThrow()
    first.release()
    expect((await second).directory).toBe(first.directory)
  })

  it('that is new and cannot be filled is not there', async () => {
    const broken = caches.acquire(name, {
      sharing: 'shared',
      signal: never,
      fill: (directory) => {
        writeFileSync(join(directory, 'half'), '')
        throw new Error('no space')
      },
    })
    await expect(broken).rejects.toThrow('no space')
    expect(readdirSync((await take('shared')).directory)).toEqual(['data'])
  })
})

describe('another process', () => {
  it('is waited for, and its death frees the cache', async () => {
    const child = await otherProcess('hold')
    await expect(take('locked', {}, AbortSignal.timeout(200))).rejects.toThrow()
    expect(caches.list()).toMatchObject([{ id: 'apt', inUse: true }])
    expect(await caches.prune()).toEqual([])
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    const mine = await take('locked', {}, AbortSignal.timeout(50_000))
    expect(mine.directory).toMatch(/\/0\/tree$/)
  })

  it('that dies while it fills one leaves nothing that is taken for whole', async () => {
    const child = await otherProcess('fill')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    const mine = await take('shared', {}, AbortSignal.timeout(50_000))
    expect(readdirSync(join(mine.directory, 'data'))).toEqual([])
    expect(readdirSync(join(mine.directory, '../..')).sort()).toEqual(['0', 'name'])
  })
})

describe('prune', () => {
  it('drops what nobody uses, follows no link, and leaves what is in use', async () => {
    const [used, idle] = [await take('shared'), await take('shared', { id: 'idle' })]
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/victim'), 'x')
    symlinkSync(join(root, 'outside'), join(idle.directory, 'data/link'))
    writeFileSync(join(idle.directory, 'data/big'), Buffer.alloc(100_000))
    idle.release()
    expect(
      caches
        .list()
        .map(({ id, inUse }) => [id, inUse])
        .sort(),
    ).toEqual([
      ['apt', true],
      ['idle', false],
    ])
    const dropped = await caches.prune()
    expect(dropped).toMatchObject([{ id: 'idle' }])
    expect(dropped[0]?.size).toBeGreaterThan(99_999)
    expect(dropped[0]?.size).toBeLessThan(200_000)
    expect(existsSync(used.directory)).toBe(true)
    expect(existsSync(idle.directory)).toBe(false)
    expect(existsSync(join(root, 'outside/victim'))).toBe(true)
    used.release()
    expect(await caches.prune()).toHaveLength(1)
    expect(caches.list()).toEqual([])
    expect(readdirSync((await take('shared')).directory)).toEqual(['data'])
  })

  it('can be told a time and an id', async () => {
    for (const id of ['a', 'b']) (await take('shared', { id })).release()
    expect(await caches.prune({ unusedSince: Date.now() - 60_000 })).toEqual([])
    expect(await caches.prune({ unusedSince: Date.now() + 1000, id: 'a' })).toMatchObject([{ id: 'a' }])
  })

  it('beside those who take caches takes none from them', async () => {
    let pruning = true
    const prune = (async () => {
      while (pruning) await caches.prune()
    })()
    for (let i = 0; i < 50; i++) {
      const cache = await take('shared')
      expect(statSync(join(cache.directory, 'data')).isDirectory()).toBe(true)
      cache.release()
    }
    pruning = false
    await prune
  })
})
