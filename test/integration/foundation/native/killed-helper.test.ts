import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  inflateInto,
  nativeBinary,
  startPacking,
  useNativeBinary,
} from '../../../../src/foundation/native/index.ts'

let temp: string
let out: number
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-killed-'))
  out = openSync(join(temp, 'out'), 'w+')
})
afterEach(() => {
  closeSync(out)
  rmSync(temp, { recursive: true, force: true })
})

/** Processes of the helper that were started here and run a verb. */
const helpersAt = (verb: string): readonly number[] =>
  readdirSync('/proc/self/task')
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${verb}\0`))
    .map(Number)

const killHelper = async (verb: string): Promise<void> => {
  await expect.poll(() => helpersAt(verb).length).toBe(1)
  for (const pid of helpersAt(verb)) process.kill(pid, 'SIGKILL')
}

const killed = { code: 'native-died', hint: expect.stringContaining('memory') }

describe('a helper that somebody kills', () => {
  it('is said to have been killed, at packing', async () => {
    const packing = startPacking({ out, gzip: 4, onDigest: () => undefined })
    await killHelper('pack')
    await expect(packing.end()).rejects.toMatchObject(killed)
  })
  it('is said to have been killed, at decompressing', async () => {
    async function* chunks() {
      await killHelper('inflate')
      yield Buffer.alloc(0)
    }
    await expect(inflateInto(chunks(), { out, most: 1 << 20 })).rejects.toMatchObject(killed)
  })
})

describe('a helper of another version', () => {
  const own = nativeBinary()
  afterEach(() => useNativeBinary(own))

  it('is no success when its answer is shorter', async () => {
    const other = join(temp, 'other')
    writeFileSync(other, `#!/bin/sh\ncat >/dev/null\nprintf e%040d 0\n`, { mode: 0o755 })
    useNativeBinary(other)
    async function* chunks() {
      yield Buffer.from('x')
    }
    const message = expect.stringContaining('of another version')
    await expect(inflateInto(chunks(), { out, most: 1 << 20 })).rejects.toMatchObject({
      code: 'internal',
      message,
    })
  })
})
