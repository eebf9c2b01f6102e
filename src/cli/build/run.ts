import { resolve } from 'node:path'
import { type BuildInputs, build, openBuildInputs, openStore, type Store } from '../../engine/index.ts'
import { type Diagnostic, exitCode, firstFailure } from '../../foundation/errors/index.ts'
import type { ProgressEvent, ProgressSink } from '../../foundation/events/index.ts'
import type { CliContext } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { chooseView } from '../progress/choose.ts'
import { printable } from '../render/printable.ts'
import { tsbuildVerbNames } from '../verb-names.ts'
import type { BuildCommand } from './command.ts'
import { renderStepFailure } from './failure.ts'
import { parseBuildCommand } from './options.ts'
import { toBuildOptions } from './to-options.ts'
import { listWarnings } from './warnings.ts'
import { removeStaleId, writeResults } from './write-results.ts'

/** `tsbuild [build] [options] CONTEXT` */
export const run = async (argv: readonly string[], cli: CliContext): Promise<number> => {
  const command = await parseBuildCommand(argv, cli)
  if (!command) return exitCode.ok
  warn(command.warnings, command, cli)
  if (command.call === undefined) removeStaleId(command, cli)
  const store = openStore({ root: command.root === undefined ? cli.root : resolve(cli.cwd, command.root) })
  const view = await chooseView(command.progress, cli)
  using interrupt = interruptible()
  const { signal } = interrupt
  let inputs: BuildInputs | undefined
  const warnings: Diagnostic[] = []
  try {
    inputs = await openInputs(store, command, cli, { events: view.events, signal })
    const options = toBuildOptions(command, inputs)
    if (command.call !== undefined) {
      view.close()
      return await (await import('./check.ts')).runCheck(command.call, command.fix, options, store, cli)
    }
    let isSilent = command.warnings.length === 0
    const told: ProgressEvent[] = []
    const events: ProgressSink = (event) => {
      if (event.kind === 'diagnostic') warnings.push(event.diagnostic)
      if (event.kind === 'warning' || event.kind === 'diagnostic') isSilent = false
      if (beginAndEnd.has(event.kind)) told.push(event)
      view.events(event)
    }
    const { now, runRoot, env } = cli
    const ahead = env['TSBUILD_AHEAD']
    const watched = watchSteps(store)
    const result = await build(watched.store, options, { events, signal, now, runRoot, env, ahead })
    view.close()
    listWarnings(warnings, command.progress, cli.stderr)
    await writeResults(store, command, result, cli, signal)
    warn(unusedArgs(result.unusedBuildArgs), command, cli)
    const isStdoutTaken = command.outputs.some((output) => output.dest === '-')
    if (command.progress === 'quiet' && !isStdoutTaken)
      cli.stdout.write(`${result.index?.descriptor.digest ?? result.image.id}\n`)
    const { recipeKey } = command
    if (recipeKey !== undefined && isSilent && result.unusedBuildArgs.length === 0) {
      const cached = watched.hasMade() ? undefined : told
      const silent = { command, options, result, told: cached }
      await (await import('./keep-recipe.ts')).keepRecipe(store, recipeKey, silent, cli)
    }
    if (watched.hasMade()) await (await import('./collect.ts')).collectAfter(store, cli)
    return exitCode.ok
  } catch (error) {
    view.close()
    listWarnings(warnings, command.progress, cli.stderr)
    const text = inputs && renderStepFailure(firstFailure(error), inputs.dockerfile)
    if (text !== undefined) cli.stderr.write(text)
    throw error
  } finally {
    inputs?.[Symbol.dispose]()
  }
}

/** Events of steps that a cached build has. */
const beginAndEnd: ReadonlySet<string> = new Set(['vertex-started', 'vertex-cached', 'vertex-finished'])

/** Tells whether a build has made anything: one that was cached from end to end has not, and the store has not grown. */
const watchSteps = (store: Store): { readonly store: Store; hasMade(): boolean } => {
  let made = false
  const put: Store['steps']['put'] = (key, value) => {
    made = true
    store.steps.put(key, value)
  }
  return { store: { ...store, steps: { ...store.steps, put } }, hasMade: () => made }
}

/** What the words of a build stand for; what must be fetched is. Dispose of it afterwards. */
export const openInputs = (
  store: Store,
  command: BuildCommand,
  cli: CliContext,
  context: { readonly events: ProgressSink; readonly signal: AbortSignal },
): Promise<BuildInputs> =>
  openBuildInputs(
    store,
    {
      context: command.context,
      ...(command.file !== undefined && { file: command.file }),
      namedContexts: [...command.contexts].map(([name, value]) => ({ name, value })),
      cwd: cli.cwd,
      stdin: cli.stdin,
      secrets: command.secrets,
      ssh: command.ssh,
      env: cli.env,
      keepGitDir: isSet(command.buildArgs['BUILDKIT_CONTEXT_KEEP_GIT_DIR']),
      commitTimes: Boolean(command.buildArgs['SOURCE_DATE_EPOCH']),
      commands: tsbuildVerbNames,
    },
    { ...context, now: cli.now },
  )

const isSet = (value: string | undefined): boolean => value === '1' || value === 'true'

const warn = (messages: readonly string[], { progress }: BuildCommand, cli: CliContext): void => {
  if (progress === 'quiet') return
  for (const message of messages) cli.stderr.write(`warning: ${printable(message)}\n`)
}

const unusedArgs = (names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`no ARG takes the build arg${names.length > 1 ? 's' : ''} ${names.join(', ')}`]
