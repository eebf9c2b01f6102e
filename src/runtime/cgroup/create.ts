import { closeSync, constants, mkdirSync, openSync, readFileSync, rmdirSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { removeCgroup } from './remove.ts'
import type { CgroupFile, CgroupPlan } from './types.ts'

/**
 * Makes a planned cgroup; whole or not at all. An empty directory left by an earlier container of the id is used again.
 * Gives what was left out (`mayLack`), each thing once. Throws `cgroup-not-permitted`, `cgroup-busy`, `unsupported-limit`,
 * `refused-limit`.
 */
export const createCgroup = (plan: CgroupPlan): readonly string[] => {
  const made: HostPath[] = []
  const lacking = new Set<string>()
  try {
    for (const directory of plan.directories) {
      makeCgroupDirectory(directory)
      made.push(directory)
    }
    // A set must lie within that of the directory above, which is empty when new.
    fillCpusets(plan.cpusets.slice(0, -1))
    writeFiles(plan.files, lacking)
    fillCpusets(plan.cpusets.slice(-1))
    return [...lacking]
  } catch (error) {
    removeCgroup(made)
    throw error
  }
}

/** Writes the limits of a plan whose directories are there already. Throws as `createCgroup`. */
export const applyCgroupFiles = (plan: CgroupPlan): void => writeFiles(plan.files)

/** The parent is shared with other containers and swept away when empty, so it may vanish between two calls. Throws as `createCgroup`. */
export const makeCgroupDirectory = (directory: HostPath): void => {
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(directory, 0o755)
      return
    } catch (error) {
      const errno = errnoOf(error)
      if (attempt >= 5) throw failed('make', directory, error)
      if (errno === 'ENOENT') makeParent(dirname(directory))
      else if (errno === 'EEXIST') removeLeftover(directory)
      else throw failed('make', directory, error)
    }
  }
}

const makeParent = (directory: HostPath): void => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw failed('make', directory, error)
  }
}

const removeLeftover = (directory: HostPath): void => {
  try {
    rmdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw new AppError('cgroup-busy', `make cgroup ${directory}: it exists and has processes in it`, {
      exitCode: exitCode.engine,
      hint: 'a container of this id still runs',
      cause: error,
    })
  }
}

/** One descriptor for neighbours with the same path: each write is one rule. */
const writeFiles = (files: readonly CgroupFile[], lacking: Set<string> = new Set()): void => {
  let open: { readonly path: HostPath; readonly fd: number } | undefined
  try {
    for (const file of files) {
      try {
        if (open?.path !== file.path) {
          if (open) closeSync(open.fd)
          open = undefined
          open = { path: file.path, fd: openSync(file.path, constants.O_WRONLY) }
        }
        writeSync(open.fd, file.value)
      } catch (error) {
        recover(file, error, lacking)
      }
    }
  } finally {
    if (open) closeSync(open.fd)
  }
}

const recover = (file: CgroupFile, error: unknown, lacking: Set<string>): void => {
  const absent = errnoOf(error) === 'ENOENT'
  if (absent && file.optional) return
  if (absent && file.instead) {
    const { instead, ...rest } = file
    writeFiles([{ ...rest, ...instead }], lacking)
    return
  }
  if (absent && file.mayLack) {
    lacking.add(file.purpose)
    return
  }
  throw refused(file, error)
}

const refused = (file: CgroupFile, error: unknown): AppError => {
  const errno = errnoOf(error)
  const options = { exitCode: exitCode.engine, cause: error, details: { path: file.path, value: file.value } }
  if (errno === 'ENOENT')
    return new AppError('unsupported-limit', `set ${file.purpose}: this kernel has no ${file.path}`, {
      ...options,
      hint: 'leave the option out; the kernel was built or booted without it',
    })
  if (errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS') return failed('write', file.path, error)
  return new AppError(
    'refused-limit',
    `set ${file.purpose} to ${file.value}: the kernel refuses it (${errno ?? 'unknown error'})`,
    { ...options, hint: hintFor(file) },
  )
}

/** CPU sets are refused when they name what the machine does not have: say what it has. */
const hintFor = ({ path }: CgroupFile): string => {
  const name = basename(path)
  if (!name.startsWith('cpuset.')) return 'give a value that this machine can hold to'
  const parent = dirname(dirname(path))
  for (const file of [`${name}.effective`, `cpuset.effective_${name.slice('cpuset.'.length)}`, name]) {
    const available = readIfThere(join(parent, file))
    if (available) return `available are ${available}`
  }
  return 'give numbers like 0-3 or 0,2'
}

/** v1's cpusets, those above first: what is not set becomes that of the directory above. */
export const fillCpusets = (directories: readonly HostPath[]): void => directories.forEach(inheritCpuset)

/** v1: a directory without CPUs and memory nodes takes no process (ENOSPC); those not set are its parent's. */
const inheritCpuset = (directory: HostPath): void => {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const path = join(directory, name)
    if (readIfThere(path) !== '') continue
    const value = readIfThere(join(dirname(directory), name)) ?? ''
    writeFiles([{ path, value, purpose: 'CPU set' }])
  }
}

const readIfThere = (path: HostPath): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

const failed = (verb: string, path: HostPath, error: unknown): AppError =>
  new AppError('cgroup-not-permitted', `${verb} cgroup ${path}: ${errnoOf(error) ?? String(error)}`, {
    exitCode: exitCode.notPermitted,
    hint: 'run as root on a machine whose cgroups can be written, or leave the limits out',
    cause: error,
  })
