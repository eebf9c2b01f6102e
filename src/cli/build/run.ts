import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type BuildOptions,
  type BuildOutput,
  build,
  findDockerfile,
  openStore,
  writeOutput,
} from '../../engine/index.ts'
import { AppError, errnoOf, exitCode, suggest } from '../../foundation/errors/index.ts'
import { parsePlatform, parseReference } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import type { CliContext } from '../context.ts'
import { saveTarget } from '../images/output.ts'
import { interruptible } from '../interrupt.ts'
import { chooseView } from '../progress/choose.ts'
import { tsbuildVerbNames } from '../verb-names.ts'
import { renderStepFailure } from './failure.ts'
import { type BuildCommand, parseBuildCommand } from './options.ts'
import type { OutputOption } from './output-option.ts'

/** `tsbuild [build] [options] CONTEXT` */
export const run = async (argv: readonly string[], cli: CliContext): Promise<number> => {
  const command = await parseBuildCommand(argv, cli)
  if (!command) return exitCode.ok
  const options = toOptions(command, cli)
  const store = openStore({ root: command.root === undefined ? cli.root : resolve(cli.cwd, command.root) })
  const view = await chooseView(command.progress, cli)
  using interrupt = interruptible()
  try {
    const { image, unusedBuildArgs } = await build(store, options, {
      events: view.events,
      signal: interrupt.signal,
      now: cli.now,
      runRoot: cli.runRoot,
    })
    view.close()
    for (const output of command.outputs) {
      const names = options.names ?? []
      await writeOutput(store, image, toOutput(output, cli), { names, signal: interrupt.signal })
    }
    if (command.iidfile !== undefined) writeIdFile(resolve(cli.cwd, command.iidfile), image.id)
    if (unusedBuildArgs.length > 0 && command.progress !== 'quiet') {
      cli.stderr.write(
        `warning: no ARG takes the build arg${unusedBuildArgs.length > 1 ? 's' : ''} ${unusedBuildArgs.join(', ')}\n`,
      )
    }
    const isStdoutTaken = command.outputs.some((output) => output.dest === '-')
    if (command.progress === 'quiet' && !isStdoutTaken) cli.stdout.write(`${image.id}\n`)
    return exitCode.ok
  } catch (error) {
    view.close()
    const text = renderStepFailure(error, options.dockerfile)
    if (text !== undefined) cli.stderr.write(text)
    throw error
  }
}

const writeIdFile = (path: string, id: string): void => {
  try {
    atomicWrite(path, id, { mode: 0o644 })
  } catch (cause) {
    const why = errnoOf(cause) ?? String(cause)
    throw new AppError('id-file', `write the image id to ${path}: ${why}`, {
      exitCode: exitCode.storeIo,
      hint: 'check that its directory exists and is writable; the image itself is in the store',
      cause,
    })
  }
}

const toOptions = (command: BuildCommand, cli: CliContext): BuildOptions => {
  const stdin = command.context === '-'
  const contextDirectory = stdin ? undefined : contextPath(command.context, cli)
  const dockerfile =
    stdin || command.file === '-'
      ? { text: readStdin(cli), name: 'Dockerfile (standard input)' }
      : findDockerfile({ contextDirectory: contextDirectory ?? cli.cwd, file: command.file, cwd: cli.cwd })
  return {
    ...(contextDirectory === undefined
      ? {}
      : { context: { kind: 'directory', path: contextDirectory } as const }),
    dockerfile,
    ...(command.target === undefined ? {} : { target: command.target }),
    buildArgs: command.buildArgs,
    labels: command.labels,
    names: command.tags.map(parseReference),
    noCache: command.noCache,
    noCacheFilter: command.noCacheFilter,
    network: command.network,
    ...(command.platform === undefined ? {} : { platform: parsePlatform(command.platform) }),
    ...(command.jobs === undefined ? {} : { parallelism: command.jobs }),
    sync: command.sync,
  }
}

const toOutput = ({ type, dest }: OutputOption, cli: CliContext): BuildOutput => {
  if (type === 'local') return { type, path: resolve(cli.cwd, dest) }
  return { type, target: saveTarget('build', dest, cli) }
}

const contextPath = (word: string, cli: CliContext): string => {
  const path = resolve(cli.cwd, word)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return path
  const near = suggest(word, tsbuildVerbNames)
  throw new AppError(
    'no-context',
    `use ${word} as the build context: ${stat ? 'it is not a directory' : 'there is no such directory'}`,
    {
      exitCode: exitCode.usage,
      hint: stat
        ? `the context is the directory that COPY reads; name the Dockerfile with -f: tsbuild -f ${word} .`
        : near
          ? `did you mean the command: tsbuild ${near}?`
          : 'the last word of the command is the directory that COPY reads, often .',
    },
  )
}

const readStdin = (cli: CliContext): string => {
  if (cli.stdin.isTTY) {
    throw new AppError('usage', 'read the Dockerfile from standard input: it is a terminal', {
      exitCode: exitCode.usage,
      hint: 'pipe it in: tsbuild -t app - < Dockerfile',
    })
  }
  return readFileSync(cli.stdin.fd, 'utf8')
}
