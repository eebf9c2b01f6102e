import { InternalError } from '../../foundation/errors/index.ts'
import { runContainer } from '../../foundation/native/index.ts'
import { asRuntimeError, type CreateOptions, createContainer, prepareContainer } from './create.ts'
import { deleteContainer } from './delete.ts'
import { passGate, runPoststart, startContainer } from './start.ts'

export interface RunOptions extends CreateOptions {
  /** Leave it running; otherwise this waits for it and removes it. */
  readonly detach: boolean
  /** Do not remove it at the end. */
  readonly keep: boolean
}

/** Creates and starts a container; gives its exit code, or 0 at once when it is detached. */
export const runToEnd = async (options: RunOptions): Promise<number> => {
  if (options.detach || options.consoleSocket !== undefined) {
    await createContainer(options)
    await startOrRemove(options)
    return 0
  }
  const prepared = prepareContainer(options, { outlive: false, relaysTerminal: true })
  let poststart: Promise<void> | undefined
  let failure: Error | undefined
  const onStarted = (pid: number): void => {
    try {
      const record = prepared.onStarted(pid)
      passGate(options.root, record)
      poststart = runPoststart(record)
      poststart.catch(() => undefined)
    } catch (error) {
      failure = error instanceof Error ? error : new InternalError(String(error))
    }
  }
  const io = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const
  try {
    const status = await runContainer(prepared.request, io, {
      onMounted: prepared.onMounted,
      onStarted,
      onWarning: options.onWarning,
    })
    await poststart
    if (failure !== undefined) throw failure
    if (!options.keep) await remove(options)
    return status.code
  } catch (error) {
    prepared.abandon()
    throw asRuntimeError(error)
  }
}

const startOrRemove = async (options: RunOptions): Promise<void> => {
  try {
    await startContainer(options.root, options.id)
  } catch (error) {
    await remove(options)
    throw error
  }
}

const remove = ({ root, id, onWarning }: RunOptions): Promise<void> =>
  deleteContainer(root, id, { force: true, onWarning })
