import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject } from 'vitest'
import { makeBusyboxRoot } from '../busybox-root.ts'
import { freshName } from './containers.ts'
import { findLeftovers } from './leftovers.ts'
import { expectCode, makeDirectory, type Outcome, runCommand, tsbuild } from './rig.ts'

/** A directory of the host that attacks aim at. */
interface Victim {
  readonly path: string
}

/**
 * A victim of its own for each test of the file that calls this. Behind each, fails when anything in it or in the host's
 * /etc is not as it was, or the store has mounts or processes left over.
 */
export const guardedVictim = (): Victim => {
  let path = ''
  let before: readonly string[] = []
  const seen = (): readonly string[] => [...fingerprint(path), ...hostFiles.filter(existsSync).map(describe)]
  beforeEach(() => {
    path = makeVictim()
    before = seen()
  })
  afterEach(() => {
    const after = seen()
    rmSync(path, { recursive: true, force: true })
    expect(after).toEqual(before)
    const { mounts, processes, active } = findLeftovers()
    const ours = mounts.filter((mount) => mount.includes(inject('storeRoot')))
    expect({ mounts: ours, processes, active }).toEqual({ mounts: [], processes: [], active: [] })
  })
  return {
    get path() {
      return path
    },
  }
}

/** `secret` (its text is `canary`), `etc/passwd`, `bin/true`, an empty directory, a link. */
const makeVictim = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-victim-'))
  execFileSync('mkdir', ['-p', join(path, 'etc'), join(path, 'bin'), join(path, 'empty')])
  for (const name of ['secret', 'etc/passwd', 'etc/secret', 'bin/true'])
    writeFileSync(join(path, name), 'canary')
  return path
}

const hostFiles = [
  '/',
  '/etc',
  '/etc/passwd',
  '/etc/group',
  '/etc/shadow',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/ld.so.preload',
  '/bin/sh',
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/hostname',
]

const fingerprint = (path: string): readonly string[] => [
  describe(path),
  ...readdirSync(path)
    .toSorted()
    .flatMap((name) => {
      const below = join(path, name)
      return lstatSync(below).isDirectory() ? fingerprint(below) : [describe(below)]
    }),
]

const describe = (path: string): string => {
  const stat = lstatSync(path)
  const content = stat.isFile()
    ? createHash('sha256').update(readFileSync(path)).digest('hex')
    : stat.isSymbolicLink()
      ? readlinkSync(path)
      : stat.isDirectory()
        ? readdirSync(path).toSorted().join(',')
        : ''
  // Times of what the kernel makes up are those of the look; directories of the host change for reasons of their own.
  const time =
    path.startsWith('/proc') || (stat.isDirectory() && hostFiles.includes(path)) ? '' : stat.ctimeMs
  return `${path} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content} ${time}`
}

/** A name of an image that goes away with its image. */
export interface AttackImage {
  readonly name: string
  [Symbol.asyncDispose](): Promise<void>
}

const imageNamed = (name: string): AttackImage => ({
  name,
  [Symbol.asyncDispose]: async () => void (await tsbuild(['rmi', '-f', name])),
})

/** A busybox root that `change` (a shell script run in it) has had its way with, imported as an image. */
export const hostileBase = async (change: string, changes: readonly string[] = []): Promise<AttackImage> => {
  using root = makeBusyboxRoot()
  execFileSync('sh', ['-ec', change], { cwd: root.path })
  using directory = makeDirectory()
  const tar = join(directory.path, 'root.tar')
  execFileSync('tar', ['-C', root.path, '--numeric-owner', '-cf', tar, '.'])
  const name = freshName()
  expectCode(await tsbuild(['import', ...changes.flatMap((change) => ['--change', change]), tar, name]))
  return imageNamed(name)
}

/** Builds; `prepare` may put into the context what files with text cannot say. */
export const buildAttack = async (
  dockerfile: string,
  options: {
    readonly files?: Readonly<Record<string, string | Uint8Array>>
    readonly prepare?: string
    readonly args?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<AttackImage & { readonly outcome: Outcome }> => {
  using directory = makeDirectory({ Dockerfile: dockerfile, ...options.files })
  if (options.prepare !== undefined) execFileSync('sh', ['-ec', options.prepare], { cwd: directory.path })
  const name = freshName()
  const args = ['--progress=plain', '-t', name, ...(options.args ?? []), '.']
  const outcome = await tsbuild(args, { cwd: directory.path, ...(options.env && { env: options.env }) })
  return { ...imageNamed(name), outcome }
}

/** Ids of the processes of this machine whose command line has `text` in it, arguments separated by NUL. */
export const processesWith = (text: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  })

/** probe.c as a static program in a directory that others may enter. */
export const compileProbe = async (): Promise<{ readonly path: string; [Symbol.dispose](): void }> => {
  const directory = makeDirectory()
  chmodSync(directory.path, 0o755)
  const path = join(directory.path, 'probe')
  const source = join(import.meta.dirname, 'probe.c')
  expectCode(await runCommand('gcc', ['-static', '-O1', '-Wall', '-Werror', '-o', path, source]))
  return { path, [Symbol.dispose]: () => directory[Symbol.dispose]() }
}

/** Starts a program of ours by a shell that has run `setup` before: open descriptors, limits, terminals. */
export const fromShell = (
  setup: string,
  [program, ...args]: readonly ['tsbuild' | 'tsrun', ...string[]],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> =>
  runCommand(
    'bash',
    ['-c', `${setup}\nexec "$@"`, 'bash', join(import.meta.dirname, '../../../bin', program), ...args],
    {
      ...options,
      env: {
        TSBUILD_ROOT: inject('storeRoot'),
        TSBUILD_RUN: inject('runRoot'),
        TSBUILD_PULL: 'never',
        ...options.env,
      },
    },
  )
