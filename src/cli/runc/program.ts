import { resolve } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import { renderFailure } from '../fail.ts'
import { processContext } from '../process-context.ts'
import { usage } from './flags.ts'
import { type Globals, parseGlobals } from './globals.ts'
import { type RuntimeLog, writeLog } from './log.ts'
import { runcVerbs } from './verbs.ts'

declare const TSBUILD_VERSION: string

/** Runs the process's command line and sets its exit code. */
export const runTsrunc = async (): Promise<void> => {
  let log: RuntimeLog = { format: 'text', debug: false }
  try {
    const globals = parseGlobals(process.argv.slice(2), process.cwd())
    log = globals.log
    process.exitCode = await dispatch(globals)
  } catch (error) {
    process.exitCode = report(error, log)
  }
}

const dispatch = async (globals: Globals): Promise<number> => {
  const cli = processContext()
  const [name, ...argv] = globals.words
  if (globals.version) {
    cli.stdout.write(`tsrunc version ${TSBUILD_VERSION}\nspec: 1.2.0\n`)
    return 0
  }
  if (name === undefined || globals.help || name === 'help') {
    cli.stdout.write((await import('./help.ts')).tsruncHelp)
    return name === undefined && !globals.help ? 1 : 0
  }
  const load = runcVerbs[name]
  if (load === undefined) throw usage(`unknown command ${name}`, 'see `tsrunc --help`')
  if (globals.systemd)
    throw usage(
      '--systemd-cgroup: cgroups are not made through systemd',
      'use cgroupfs (podman: --cgroup-manager cgroupfs)',
    )
  const verb = await load()
  return verb(argv, {
    root: globals.root,
    cli,
    path: (word) => resolve(cli.cwd, word),
    // Without a log it is not said at all: standard error is the container's.
    warn: (message) => void writeLog(globals.log, 'warning', message),
  })
}

/** Into the log for programs, on standard error for people. */
const report = (error: unknown, log: RuntimeLog): number => {
  const { text } = renderFailure(error, { program: 'tsrunc', debug: log.debug })
  writeLog(log, 'error', error instanceof Error ? error.message : String(error))
  process.stderr.write(text)
  return error instanceof AppError && error.code === 'not-executed' ? error.exitCode : 1
}
