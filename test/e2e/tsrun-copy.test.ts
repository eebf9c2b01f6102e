import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, freshName, watchLeftovers } from '../support/e2e/containers.ts'
import { tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const dir = mkdtempSync(join(tmpdir(), 'tsrun-copy-'))
const src = join(dir, 'src')
const box = freshName()
const cp = (...words: readonly string[]) => tsrun(['cp', ...words])

beforeAll(async () => {
  mkdirSync(join(src, 'sub'), { recursive: true })
  writeFileSync(join(src, 'f'), 'text')
  linkSync(join(src, 'f'), join(src, 'h'))
  chownSync(join(src, 'f'), 7, 8)
  const script = 'ln -s / /evil; ln -s /tmp/real /dir; mkdir /tmp/real; sleep 1000'
  await tsrun([
    'create',
    '--name',
    box,
    '--network',
    'none',
    '-v',
    '/vol',
    '-v',
    `${dir}:/ro:ro`,
    'busybox',
    'sh',
    '-c',
    script,
  ])
})
afterAll(async () => {
  await tsrun(['rm', '-fv', box])
  rmSync(dir, { recursive: true, force: true })
})

const bothWays = async (): Promise<void> => {
  const out = mkdtempSync(join(dir, 'out-'))
  expect(await cp(src, `${box}:/new`)).toMatchObject({ code: 0 })
  expect(await cp(src, `${box}:/tmp`)).toMatchObject({ code: 0 })
  expect(await cp('-a', `${src}/.`, `${box}:/vol`)).toMatchObject({ code: 0 })
  expect(await cp(`${box}:/tmp/src`, out)).toMatchObject({ code: 0 })
  expect(await cp(`${box}:/new/.`, join(out, 'n'))).toMatchObject({ code: 0 })
  expect(await cp('-a', `${box}:/vol/f`, join(out, 'as'))).toMatchObject({ code: 0 })
  expect(readFileSync(join(out, 'src/f'), 'utf8')).toBe('text')
  expect(lstatSync(join(out, 'n/f'))).toMatchObject({ nlink: 2, uid: 0 })
  expect(lstatSync(join(out, 'as'))).toMatchObject({ uid: 7, gid: 8 })
  const tar = join(out, 'a.tar')
  execFileSync('tar', ['cf', tar, '-C', src, '.'])
  expect(await tsrun(['cp', '-', `${box}:/tmp/src`], { input: readFileSync(tar) })).toMatchObject({ code: 0 })
  for (const words of [
    [join(src, 'f'), `${box}:/none/`],
    [src, `${box}:/etc/passwd`],
    [join(src, 'f'), `${box}:/ro/x`],
    [`${box}:/none`, out],
    [`${box}:/tmp/src`, join(out, 'as')],
  ])
    expect((await cp(...words)).code).toBe(1)
}

test('copies both ways while the container does not run', bothWays)

test('copies both ways while it runs, and links of the container stay inside it', async () => {
  await tsrun(['start', box])
  await eventually(async () => (await tsrun(['exec', box, 'test', '-d', '/tmp/real'])).code === 0)
  await bothWays()
  const name = freshName()
  expect(await cp(join(src, 'f'), `${box}:/evil/${name}`)).toMatchObject({ code: 0 })
  expect(existsSync(`/${name}`)).toBe(false)
  expect(await tsrun(['exec', box, 'cat', `/${name}`])).toMatchObject({ stdout: 'text' })
  expect(await cp(join(src, 'f'), `${box}:/dir`)).toMatchObject({ code: 0 })
  expect(await tsrun(['exec', box, 'cat', '/tmp/real/f'])).toMatchObject({ stdout: 'text' })
  expect(await cp(`${box}:/dir`, join(dir, 'link'))).toMatchObject({ code: 0 })
  expect(lstatSync(join(dir, 'link')).isSymbolicLink()).toBe(true)
})
