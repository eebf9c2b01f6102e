import { exitCode } from '../../foundation/errors/index.ts'
import {
  encodeJoinRequest,
  execInContainer,
  type JoinRequest,
  launchDetached,
  type Stdio,
} from '../../foundation/native/index.ts'
import type { HostPath, RuntimeProcess } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { asRuntimeError } from './create.ts'
import { notExecuted, notRunning, wrongState } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { checkLabels } from './labels.ts'
import { parseProcess } from './parse-process.ts'
import { parseJson } from './parse-spec.ts'
import { readRecord, statusOf } from './record.ts'
import { readSeccomp } from './seccomp.ts'

export interface ExecOptions {
  readonly root: HostPath
  readonly id: string
  /** What to run, from that of the container. */
  readonly process: (defaults: RuntimeProcess) => RuntimeProcess
  readonly detach: boolean
  readonly pidFile?: HostPath
  readonly consoleSocket?: HostPath
  readonly preserveFds: number
  readonly onWarning: (message: string) => void
}

/** The text of a process document (`exec --process`). Throws `invalid-spec`. */
export const parseProcessDocument = (text: string): RuntimeProcess => {
  const fields = fieldsOf('process', parseJson(text))
  checkLabels(fields)
  return parseProcess(fields)
}

/** Runs one more process in a container; gives its exit code, or 0 at once when it is detached. */
export const execProcess = async (options: ExecOptions): Promise<number> => {
  const request = joinRequestOf(options)
  const onPid = (pid: number): void => {
    if (options.pidFile !== undefined) atomicWrite(options.pidFile, String(pid), { mode: 0o644 })
  }
  try {
    if (options.detach || options.consoleSocket !== undefined) {
      await leave(request, options, onPid)
      return 0
    }
    const io = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const
    const status = await execInContainer(
      { ...request, io },
      { onStarted: onPid, onWarning: options.onWarning },
    )
    if (status.message !== undefined) {
      const errno = status.code === exitCode.notFound ? 'ENOENT' : 'EACCES'
      throw notExecuted(request.process.args[0] ?? '', errno, status.message.replace(/^.*: /, ''))
    }
    return status.code
  } catch (error) {
    throw asRuntimeError(error)
  }
}

const leave = (
  request: JoinRequest,
  options: ExecOptions,
  onStarted: (pid: number) => void,
): Promise<void> => {
  const { terminal } = request.process
  const stdio: Stdio = terminal ? 'ignore' : 'inherit'
  return launchDetached(
    encodeJoinRequest({ ...request, life: { outlive: true, preserved: options.preserveFds } }),
    {
      stdio: [stdio, stdio, stdio],
      preserved: options.preserveFds,
      ...(terminal && options.consoleSocket !== undefined ? { consoleSocket: options.consoleSocket } : {}),
      onStarted,
      onWarning: options.onWarning,
    },
  )
}

const joinRequestOf = ({ root, id, process }: ExecOptions): JoinRequest => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status === 'paused') throw wrongState('exec in', id, status)
  if (record.process === undefined || status === 'stopped') throw notRunning(id, status)
  const seccomp = readSeccomp(record.seccomp)
  return {
    pid: record.process.pid,
    startTime: record.process.startTime,
    process: process(record.defaults),
    ...(seccomp ? { seccomp } : {}),
    cgroups: record.cgroups,
  }
}
