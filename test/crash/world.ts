import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { startDockerRegistry } from '../support/registry/docker-registry.ts'
import { makeLargeContext, turn, turns } from './large-context.ts'
import type { Operation, Program } from './operation.ts'

/** A store, what is put into it, and what must come out of it. Its registry ends with it. */
export interface World extends AsyncDisposable {
  readonly work: string
  readonly root: string
  readonly runRoot: string
  /** Directories to build from, by number. */
  readonly contexts: readonly string[]
  /** Ids of the images that the contexts make, on every machine and at any time. */
  readonly ids: readonly string[]
  /** For each worker one whose layers are large; the same images come of all of them (`turn`). */
  readonly large: readonly string[]
  /** Ids of those images, by turn. */
  readonly turnIds: readonly string[]
  /** Archives of those images, as `save` wrote them. */
  readonly archives: readonly string[]
  readonly rootfs: string
  /** `127.0.0.1:PORT`, where the images lie as well. */
  readonly registry: string
}

export interface Ended {
  readonly code: number | undefined
  readonly killed: boolean
  readonly milliseconds: number
  readonly stdout: string
  readonly stderr: string
}

const project = join(import.meta.dirname, '../..')

/** Starts a program on the world's store; after `killAfter` milliseconds the process itself is killed, not its launcher. */
export const start = (
  place: Pick<World, 'root' | 'runRoot'>,
  program: Program,
  args: readonly string[],
  killAfter?: number,
): Promise<Ended> => launch(place, [], { program, args }, killAfter)

/** The same for an operation. */
export const give = (
  place: Pick<World, 'root' | 'runRoot'>,
  one: Operation,
  killAfter?: number,
): Promise<Ended> => {
  one.prepare?.()
  return launch(
    place,
    one.byFront ? [join(project, 'native/build/tsbuild-native'), 'front'] : [],
    one,
    killAfter,
  )
}

/** The same below another program, whose words come first. */
export const launch = (
  { root, runRoot }: Pick<World, 'root' | 'runRoot'>,
  before: readonly string[],
  { program, args, env }: Pick<Operation, 'program' | 'args' | 'env'>,
  killAfter?: number,
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const began = Date.now()
    const [first = '', ...words] = [
      ...before,
      process.execPath,
      join(project, 'dist', `${program}.cjs`),
      ...args,
    ]
    const child = spawn(first, words, {
      env: {
        ...process.env,
        TSBUILD_ROOT: root,
        TSBUILD_RUN: runRoot,
        SOURCE_DATE_EPOCH: '1700000000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      // What holds the pipes open (a container that was just started) is not waited for.
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({
        code: code ?? undefined,
        killed: signal === 'SIGKILL',
        milliseconds: Date.now() - began,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      })
    })
  })

/** The same, and it has to succeed. */
export const must = async (
  world: Pick<World, 'root' | 'runRoot'>,
  program: Program,
  ...args: readonly string[]
): Promise<string> => {
  const ended = await start(world, program, args)
  if (ended.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${ended.code}\n${ended.stderr}`)
  return ended.stdout
}

/** Makes the world in the empty directory `work`, with so many contexts: what their images are is found out once, in a store that nobody disturbs. */
export const makeWorld = async (work: string, count = 6, workers = 4): Promise<World> => {
  using busybox = makeBusyboxRoot()
  const rootfs = join(work, 'rootfs.tar')
  execFileSync('tar', ['-C', busybox.path, '--numeric-owner', '-cf', rootfs, '.'])
  const registry = await startDockerRegistry()
  const calm = { root: join(work, 'calm'), runRoot: join(work, 'calm-run') }
  const contexts = Array.from({ length: count }, (_, i) => makeContext(work, rootfs, i))
  const ids: string[] = []
  const archives: string[] = []
  for (const [i, context] of contexts.entries()) {
    ids.push((await must(calm, 'tsbuild', 'build', '-q', '-t', `app:${i}`, context)).trim())
    archives.push(join(work, `app-${i}.tar`))
    await must(calm, 'tsbuild', 'save', '-o', archives[i] ?? '', `app:${i}`)
    await must(calm, 'tsbuild', 'tag', `app:${i}`, `${registry.host}/app:${i}`)
    await must(calm, 'tsbuild', 'push', '-q', `${registry.host}/app:${i}`)
  }
  const large = Array.from({ length: workers }, (_, n) => join(work, `large-${n}`))
  for (const context of large) makeLargeContext(context, rootfs)
  const turnIds: string[] = []
  for (let k = 0; k < turns; k++) {
    turn(large[0] ?? '', k)
    turnIds.push((await must(calm, 'tsbuild', 'build', '-q', '--no-cache', large[0] ?? '')).trim())
  }
  const world: World = {
    work,
    large,
    turnIds,
    root: join(work, 'store'),
    runRoot: join(work, 'run'),
    contexts,
    ids,
    archives,
    rootfs,
    registry: registry.host,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
  await must(world, 'tsbuild', 'import', '--change', 'CMD ["true"]', rootfs, 'base:latest')
  // A container keeps the base from `prune -a`.
  await must(world, 'tsrun', 'create', '--network=none', '--name=keeper', 'base')
  return world
}

/** Contexts share a layer, have some of their own, and unpack an archive: the same bytes every time. */
const makeContext = (work: string, rootfs: string, i: number): string => {
  const context = join(work, `context-${i}`)
  mkdirSync(join(context, 'tree'), { recursive: true })
  copyFileSync(rootfs, join(context, 'rootfs.tar'))
  writeFileSync(join(context, 'id'), `${i}\n`)
  writeFileSync(join(context, 'shared'), `${i % 2}\n`.repeat(20_000))
  for (let n = 0; n < 40; n++) writeFileSync(join(context, 'tree', `file-${n}`), `${i}/${n}\n`.repeat(n * 37))
  const lines = ['FROM scratch', 'ADD rootfs.tar /', 'COPY shared /shared', 'COPY tree /tree', 'COPY id /id']
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\nLABEL app=${i}\n`)
  writeFileSync(
    join(context, 'run.Dockerfile'),
    `FROM base\nCOPY id /id\nRUN cat /id > /made && mkdir /d && echo ${i} > /d/f\n`,
  )
  writeFileSync(
    join(context, 'mount.Dockerfile'),
    `FROM base\nCOPY id /id\nRUN --mount=type=cache,id=c${i % 3},target=/c cat /id >> /c/log && cp /id /made\n`,
  )
  // Contexts share contents, and a cached layer has the times of the first that was copied: they have to be the same ones.
  for (const path of [
    context,
    ...readdirSync(context, { recursive: true, encoding: 'utf8' }).map((name) => join(context, name)),
  ])
    utimesSync(path, 1_600_000_000, 1_600_000_000)
  return context
}
