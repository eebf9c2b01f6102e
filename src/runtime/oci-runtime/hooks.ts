import { AppError } from '../../foundation/errors/index.ts'
import type { ContainerHook } from '../../foundation/native/index.ts'
import { runProgram } from '../../foundation/sys/index.ts'
import { hookStateOf } from './record.ts'
import type { BundleSpec, Hook, OciState } from './types.ts'

/** setTimeout takes no more: some 24 days. */
const longest = 2 ** 31 - 1

/** Runs hooks of the host in order, each with the state on standard input. Throws `hook-failed` at the first that fails. */
export const runHooks = async (hooks: readonly Hook[], state: OciState): Promise<void> => {
  for (const hook of hooks) await runHook(hook, state)
}

const runHook = async (hook: Hook, state: OciState): Promise<void> => {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), hook.timeout === 0 ? longest : hook.timeout * 1000)
  try {
    const { status, stderr } = await runProgram({
      program: hook.path,
      ...(hook.args[0] === undefined ? {} : { argv0: hook.args[0] }),
      args: hook.args.slice(1),
      env: Object.fromEntries(hook.env.map(splitVariable)),
      cwd: state.bundle,
      signal: late.signal,
      input: Buffer.from(JSON.stringify(state)),
      maxOutput: 4096,
    })
    if (status !== 0) throw failed(hook, `it ended with ${status}: ${stderr.toString().trim()}`)
  } catch (error) {
    if (late.signal.aborted) throw failed(hook, `it took longer than ${hook.timeout} seconds`)
    throw error instanceof AppError
      ? error
      : failed(hook, error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
  }
}

const splitVariable = (text: string): readonly [string, string] => {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}

const failed = (hook: Hook, why: string): AppError =>
  new AppError('hook-failed', `run hook ${hook.path}: ${why}`)

/** Those that the container's process runs itself. */
export const containerHooks = (
  spec: BundleSpec,
  record: Parameters<typeof hookStateOf>[0],
): readonly ContainerHook[] => {
  const of = (
    hooks: readonly Hook[],
    moment: ContainerHook['moment'],
    status: 'creating' | 'created',
  ): readonly ContainerHook[] => {
    // Only the process knows its pid there; nothing before it in the text can look like the place.
    const { ociVersion, id, pid: _, ...rest } = hookStateOf(record, status, 0)
    const head = `{"ociVersion":${JSON.stringify(ociVersion)},"id":${JSON.stringify(id)},"pid":`
    const tail = `,${JSON.stringify(rest).slice(1)}`
    return hooks.map((hook) => ({ ...hook, moment, state: [head, tail] }))
  }
  return [
    ...of(spec.hooks.createContainer, 'create-container', 'creating'),
    ...of(spec.hooks.startContainer, 'start-container', 'created'),
  ]
}
