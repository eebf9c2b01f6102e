import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeVolume } from '../../../../src/engine/volumes.ts'
import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import { openVolumes } from '../../../../src/store/volume/index.ts'
import { makeProgram } from '../../../support/program.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'volumes-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const now = Date.UTC(2026, 0, 1)
const make = async (name: string) => {
  using held = await openVolumes(root).hold([name])
  return held.ensure({ name, now })
}

const program = makeProgram(`
  import { mkdirSync, writeFileSync } from 'node:fs'
  import { useNativeBinary } from './src/foundation/native/index.ts'
  import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import { openVolumes } from './src/store/volume/index.ts'
  const [root, native, mode] = process.argv.slice(2)
  useNativeBinary(native)
  const volumes = openVolumes(root)
  if (mode === 'hang') {
    const held = await volumes.hold(['data'])
    mkdirSync(root + '/volumes/.new-' + process.pid + '-1-00000000-0000000000000000')
    held.fill('data', (directory) => {
      writeFileSync(directory + '/half', '')
      process.stdout.write('filling')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600000)
    })
  }
  const names = mode === 'forth' ? ['one', 'two'] : ['two', 'one']
  const held = await volumes.hold(names)
  const made = names.map((name) => held.ensure({ name, now: 0 }).made)
  const filled = held.fill('one', (directory) => writeFileSync(directory + '/by', String(process.pid)))
  held.release()
  console.log(JSON.stringify({ made, filled, pid: process.pid }))
`)
afterAll(() => program[Symbol.dispose]())

describe('damaged records', () => {
  it.each(['', '{', 'null', '{}', '[]', 'directory'])(
    '%j hides none of the others, and can be removed',
    async (text) => {
      await make('sound')
      await make('hurt')
      const record = join(root, 'volumes/hurt/volume.json')
      rmSync(record)
      if (text === 'directory') mkdirSync(record)
      else writeFileSync(record, text)
      const volumes = openVolumes(root)
      expect(volumes.list().map(({ name }) => name)).toEqual(['sound'])
      expect(volumes.damaged()).toEqual(['hurt'])
      const damaged = expect.objectContaining({ code: 'volume-damaged' })
      expect(() => volumes.get('hurt')).toThrow(damaged)
      await expect(removeVolume(root, 'hurt', false)).rejects.toThrow(damaged)
      expect(existsSync(join(root, 'volumes/hurt/_data'))).toBe(true)
      await removeVolume(root, 'hurt', true)
      expect([volumes.get('hurt'), volumes.damaged()]).toEqual([undefined, []])
    },
  )
})

describe('volumes', () => {
  it('makes a volume once and keeps what it was made with', async () => {
    const volumes = openVolumes(root)
    using held = await volumes.hold(['data'])
    const first = held.ensure({ name: 'data', labels: { a: '1' }, now })
    expect(first).toMatchObject({
      made: true,
      volume: { name: 'data', labels: { a: '1' }, anonymous: false },
    })
    expect(first.volume.created).toBe('2026-01-01T00:00:00.000Z')
    expect(lstatSync(first.volume.mountpoint).mode & 0o7777).toBe(0o755)
    expect(held.ensure({ name: 'data', labels: { b: '2' }, now })).toMatchObject({
      made: false,
      volume: { labels: { a: '1' } },
    })
    expect(volumes.list().map(({ name }) => name)).toEqual(['data'])
  })

  it('refuses names that are none before anything becomes a path', async () => {
    const volumes = openVolumes(root)
    for (const name of ['', 'a', '../up', '.locks', 'a/b', 'a\0b', 'x'.repeat(256)]) {
      await expect(volumes.hold([name])).rejects.toMatchObject({ code: 'bad-volume-name' })
      expect(() => volumes.get(name)).toThrow(/use volume/)
    }
    expect(existsSync(join(root, 'volumes'))).toBe(false)
  })

  it('refuses driver options that docker does not know, and makes nothing then', async () => {
    using held = await openVolumes(root).hold(['data'])
    for (const options of [{ foo: '1' }, { type: 'tmpfs' }, { o: 'bind' }, { size: '1g' }])
      expect(() => held.ensure({ name: 'data', options, now })).toThrow(/volume option/)
    expect(openVolumes(root).list()).toEqual([])
  })

  it('fills an empty volume with content and attributes, and leaves a used one alone', async () => {
    const { volume } = await make('data')
    const inode = lstatSync(volume.mountpoint).ino
    using held = await openVolumes(root).hold(['data'])
    const filled = held.fill('data', (directory) => {
      chmodSync(directory, 0o1777)
      writeFileSync(join(directory, 'file'), 'one')
      symlinkSync('/etc', join(directory, 'link'))
    })
    expect(filled).toBe(true)
    expect(readFileSync(join(volume.mountpoint, 'file'), 'utf8')).toBe('one')
    expect(lstatSync(volume.mountpoint)).toMatchObject({ ino: inode, mode: 0o41777 })
    expect(held.fill('data', () => expect.unreachable())).toBe(false)
  })

  it('never shows content whose making failed', async () => {
    const { volume } = await make('data')
    using held = await openVolumes(root).hold(['data'])
    expect(() =>
      held.fill('data', (directory) => {
        writeFileSync(join(directory, 'half'), '')
        throw new TypeError('stop')
      }),
    ).toThrow('stop')
    expect(readdirSync(volume.mountpoint)).toEqual([])
    expect(held.fill('data', (directory) => writeFileSync(join(directory, 'whole'), ''))).toBe(true)
    expect(readdirSync(volume.mountpoint)).toEqual(['whole'])
  })

  it('finishes what was interrupted while whole content was moved in', async () => {
    const { volume } = await make('data')
    const full = join(root, 'volumes/data/full-0')
    mkdirSync(full, { mode: 0o750 })
    chmodSync(full, 0o750)
    writeFileSync(join(volume.mountpoint, 'a'), 'moved before')
    writeFileSync(join(full, 'b'), 'left behind')
    using _held = await openVolumes(root).hold(['data'])
    expect(readdirSync(volume.mountpoint)).toEqual(['a', 'b'])
    expect(existsSync(full)).toBe(false)
    expect(lstatSync(volume.mountpoint).mode & 0o7777).toBe(0o750)
  })

  it('lets a killed holder go, drops its half-filled content and its half-made volume', async () => {
    await make('data')
    const child = program.start([root, nativeBinary(), 'hang'])
    if (!child.stdout) throw new Error('no output')
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const volumes = openVolumes(root)
    volumes.sweep()
    expect(readdirSync(join(root, 'volumes')).filter((name) => name.startsWith('.new-'))).toEqual([])
    using held = await volumes.hold(['data'])
    expect(held.fill('data', (directory) => writeFileSync(join(directory, 'whole'), ''))).toBe(true)
    expect(readdirSync(join(root, 'volumes/data')).sort()).toEqual(['_data', 'volume.json'])
    expect(readdirSync(join(root, 'volumes/data/_data'))).toEqual(['whole'])
  })

  it('lets one of two processes make and fill a volume', async () => {
    const outputs = await Promise.all(
      ['forth', 'back', 'forth'].map((mode) => program.run([root, nativeBinary(), mode])),
    )
    const answers = outputs.map(
      (text) => JSON.parse(text) as { made: boolean[]; filled: boolean; pid: number },
    )
    const winners = answers.filter(({ filled }) => filled)
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ made }) => made[0] && made[1])).toHaveLength(1)
    expect(readFileSync(join(root, 'volumes/one/_data/by'), 'utf8')).toBe(String(winners[0]?.pid))
  })

  it('removes a volume by a rename, and remembers heirs until they are forgotten', async () => {
    const { volume } = await make('data')
    writeFileSync(join(volume.mountpoint, 'file'), '')
    const volumes = openVolumes(root)
    volumes.bequeath('0'.repeat(64), ['data'])
    expect([...volumes.heirs()]).toEqual([['0'.repeat(64), ['data']]])
    volumes.forget('0'.repeat(64))
    expect(volumes.heirs().size).toBe(0)
    using held = await volumes.hold(['data'])
    expect(held.remove('data')).toBe(true)
    expect(held.remove('data')).toBe(false)
    expect(volumes.get('data')).toBeUndefined()
    expect(readdirSync(join(root, 'trash'))).toHaveLength(1)
  })
})
