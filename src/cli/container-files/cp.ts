import { readSync } from 'node:fs'
import { resolve } from 'node:path'
import { copyCases, openStore } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { saveTarget } from '../images/output.ts'
import { parseVerb, usage } from '../run/parse-verb.ts'

interface Options {
  readonly archive?: boolean
  readonly followLink?: boolean
  readonly quiet?: boolean
}

/** `tsrun cp [OPTIONS] CONTAINER:PATH PATH|-` and `tsrun cp [OPTIONS] PATH|- CONTAINER:PATH` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('cp', argv, cli, (command) =>
    command
      .description(
        'Copy files from a container (CONTAINER:PATH) to the host or the other way round; - is a tar',
      )
      .argument('<source>', 'CONTAINER:PATH, a path of the host, or - for a tar on the standard input')
      .argument('<destination>', 'the same; - for a tar on the standard output')
      .option('-a, --archive', 'keep owners')
      .option('-L, --follow-link', 'copy what a symlink that is the source leads to')
      .option('-q, --quiet', 'accepted: nothing is said anyway'),
  )
  if (!parsed) return 0
  const [source = '', destination = ''] = parsed.args
  const [from, to] = [placeOf(source), placeOf(destination)]
  const { archive = false, followLink: follow = false } = parsed.options
  const options = { archive, follow }
  const store = openStore({ root: cli.root })
  if (from.name !== undefined && to.name !== undefined)
    throw usage(
      'cp',
      'copying between containers is not supported',
      'copy to the host first',
      exitCode.failed,
    )
  const { copyIn, copyOut, unpackIn } = await copyCases()
  if (from.name !== undefined) {
    const target = to.path === '-' ? saveTarget('cp', undefined, cli) : undefined
    const place = { name: from.name, path: from.path }
    await copyOut(store, place, target?.kind === 'sink' ? target.sink : hostPath(to.path, cli), options)
    return 0
  }
  if (to.name === undefined)
    throw usage('cp', 'one of the two must be CONTAINER:PATH', undefined, exitCode.failed)
  const place = { name: to.name, path: to.path }
  if (from.path === '-') await unpackIn(store, chunksOf(cli.stdin.fd), place, options)
  else await copyIn(store, hostPath(from.path, cli), place, options)
  return 0
}

/** A path of the host with a colon in it is written with a slash before it: `./a:b`. Throws `usage`. */
const placeOf = (word: string): { readonly name?: string; readonly path: string } => {
  const [whole = '', name, path] = /^([^/.:][^/:]*):(.*)$/s.exec(word) ?? []
  if (whole === '' || name === undefined) return { path: word }
  if (path === '')
    throw usage('cp', `${word}: expected a path behind the colon`, `${word}/ is the root`, exitCode.failed)
  return { name, path: (path ?? '').replace(/^\/*/, '/') }
}

/** Absolute; what the end of the path says is kept. */
const hostPath = (path: string, cli: CliContext): string => {
  const end = /(?:^|\/)\.\/*$/.test(path) ? '/.' : path.endsWith('/') ? '/' : ''
  return `${resolve(cli.cwd, path)}${end}`
}

function* chunksOf(fd: number): Generator<Uint8Array, void> {
  const buffer = Buffer.alloc(1 << 20)
  for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) yield buffer.subarray(0, n)
}
