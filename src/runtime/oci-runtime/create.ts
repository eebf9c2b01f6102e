import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError, errnoOf, InternalError } from '../../foundation/errors/index.ts'
import {
  type ContainerRequest,
  encodeRequest,
  launchDetached,
  NativeError,
  type Stdio,
} from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, identify, type ProcessIdentity } from '../../foundation/sys/index.ts'
import { createCgroup, removeCgroup } from '../cgroup/index.ts'
import { planContainerCgroup } from './container-cgroup.ts'
import { invalidSpec, notExecuted } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { runHooks } from './hooks.ts'
import { checkLabels } from './labels.ts'
import { parseJson, parseSpec } from './parse-spec.ts'
import { claimDirectory, hookStateOf, writeRecord } from './record.ts'
import { requestOf } from './request.ts'
import { compiledSeccomp } from './seccomp.ts'
import type { BundleSpec, ContainerRecord } from './types.ts'

export interface CreateOptions {
  readonly root: HostPath
  readonly id: string
  readonly bundle: HostPath
  /** Instead of the bundle's config.json. */
  readonly config?: HostPath
  readonly pidFile?: HostPath
  readonly consoleSocket?: HostPath
  /** Descriptors from 3 on that the program gets. */
  readonly preserveFds: number
  readonly onWarning: (message: string) => void
}

/** A container on its way: what it will be is written down, and its cgroups are there. */
export interface PreparedContainer {
  readonly spec: BundleSpec
  readonly request: ContainerRequest
  /** For the hooks that run when all is mounted. */
  readonly onMounted: (pid: number) => Promise<void>
  /** Writes down the process and gives what is known now. */
  readonly onStarted: (pid: number) => ContainerRecord
  /** Undoes everything. */
  readonly abandon: () => void
}

/** Makes a container whose program waits for `startContainer`. Nothing is left when it fails. */
export const createContainer = async (options: CreateOptions): Promise<void> => {
  const prepared = prepareContainer(options, { outlive: true, relaysTerminal: false })
  const { terminal } = prepared.spec.process
  const stdio: Stdio = terminal ? 'ignore' : 'inherit'
  try {
    await launchDetached(encodeRequest(prepared.request), {
      stdio: [stdio, stdio, stdio],
      preserved: options.preserveFds,
      ...(terminal && options.consoleSocket !== undefined ? { consoleSocket: options.consoleSocket } : {}),
      onMounted: prepared.onMounted,
      onStarted: (pid) => void prepared.onStarted(pid),
      onWarning: options.onWarning,
    })
  } catch (error) {
    prepared.abandon()
    throw asRuntimeError(error)
  }
}

/** Errors of the program itself get the words that callers look for. */
export const asRuntimeError = (error: unknown): unknown =>
  error instanceof NativeError && error.step === 'exec'
    ? notExecuted(error.arg, error.errno, error.message.replace(/^.*: /, ''), error)
    : error

export const prepareContainer = (
  options: CreateOptions,
  how: { readonly outlive: boolean; readonly relaysTerminal: boolean },
): PreparedContainer => {
  const { spec, bundle, rootfs } = readBundle(options)
  checkTerminal(spec, options, how.relaysTerminal)
  const plan = planContainerCgroup(options.id, spec.linux.cgroupsPath, spec.linux.resources)
  const directory = claimDirectory(options.root, options.id)
  try {
    const record: ContainerRecord = {
      id: options.id,
      ociVersion: spec.ociVersion,
      bundle,
      rootfs,
      annotations: spec.annotations ?? {},
      cgroups: plan.join,
      ...(spec.linux.cgroupsPath === undefined ? {} : { cgroupsPath: spec.linux.cgroupsPath }),
      created: new Date().toISOString(),
      owner: ownerName(),
      creator: requireIdentity(process.pid),
      sharesPids: !spec.linux.namespaces.some(({ type, path }) => type === 'pid' && path === undefined),
      poststart: spec.hooks.poststart,
      poststop: spec.hooks.poststop,
      defaults: spec.process,
      ...(spec.linux.seccomp ? { seccomp: compiledSeccomp(options.root, spec.linux.seccomp) } : {}),
    }
    writeRecord(directory, record)
    createCgroup(plan)
    const { deviceProgram } = plan
    return {
      spec,
      request: requestOf({
        spec,
        record,
        directory,
        ...(deviceProgram ? { deviceProgram } : {}),
        preserved: options.preserveFds,
        outlive: how.outlive,
      }),
      onMounted: (pid) =>
        runHooks([...spec.hooks.prestart, ...spec.hooks.createRuntime], hookStateOf(record, 'creating', pid)),
      onStarted: (pid) => {
        const started = { ...record, process: requireIdentity(pid) }
        writeRecord(directory, started)
        if (options.pidFile !== undefined) atomicWrite(options.pidFile, String(pid), { mode: 0o644 })
        return started
      },
      abandon: () => {
        removeCgroup(plan.directories)
        rmSync(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

const readBundle = ({
  bundle: path,
  config = join(path, 'config.json'),
}: CreateOptions): { spec: BundleSpec; bundle: HostPath; rootfs: HostPath } => {
  const text = readConfig(config)
  const spec = parseSpec(text)
  const process = fieldsOf('', parseJson(text)).object('process')
  if (process) checkLabels(process)
  const bundle = realpathSync(path)
  const rootfs = resolve(bundle, spec.root.path)
  if (!existsSync(rootfs)) throw invalidSpec('root.path', `${rootfs} does not exist`)
  return { spec, bundle, rootfs: realpathSync(rootfs) }
}

const readConfig = (path: HostPath): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AppError('no-bundle', `read ${path}: ${errnoOf(error) ?? String(error)}`, {
      hint: 'A bundle is a directory with config.json and the root file system that it names.',
      cause: error,
    })
  }
}

const checkTerminal = ({ process }: BundleSpec, options: CreateOptions, relays: boolean): void => {
  if (process.terminal && options.consoleSocket === undefined && !relays)
    throw new AppError(
      'no-console-socket',
      'cannot allocate tty if runc will detach without setting console socket',
    )
  if (!process.terminal && options.consoleSocket !== undefined)
    throw new AppError('no-terminal', 'cannot use console socket if the process has no terminal')
}

const requireIdentity = (pid: number): ProcessIdentity => {
  const identity = identify(pid)
  if (identity === undefined) throw new InternalError(`process ${pid} is gone`)
  return identity
}

const ownerName = (): string => {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
