import { resolve } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { parseFlags, usage } from './flags.ts'
import type { RuntimeLog } from './log.ts'

export interface Globals {
  readonly root: HostPath
  readonly log: RuntimeLog
  readonly help: boolean
  readonly version: boolean
  readonly systemd: boolean
  /** The verb and what follows. */
  readonly words: readonly string[]
}

const defaultRoot = '/run/tsrunc'

/** The flags before the verb. Throws `usage`. */
export const parseGlobals = (argv: readonly string[], cwd: HostPath): Globals => {
  const flags = parseFlags(argv, {
    switches: ['debug', 'systemd-cgroup', 'help', 'version'],
    // rootless, criu: runc's, without a meaning here.
    values: ['root', 'log', 'log-format', 'log-level', 'cgroup-manager', 'rootless', 'criu'],
    short: { h: 'help', v: 'version' },
    stopAtOperand: true,
  })
  const format = flags.value('log-format') ?? 'text'
  if (format !== 'text' && format !== 'json')
    throw usage(`flag --log-format: expected text or json, found ${format}`)
  const log = flags.value('log')
  const manager = flags.value('cgroup-manager') ?? 'cgroupfs'
  return {
    root: resolve(cwd, flags.value('root') ?? defaultRoot),
    log: {
      ...(log ? { path: resolve(cwd, log) } : {}),
      format,
      debug: flags.has('debug') || flags.value('log-level') === 'debug',
    },
    help: flags.has('help'),
    version: flags.has('version'),
    systemd: flags.has('systemd-cgroup') || manager === 'systemd',
    words: flags.operands,
  }
}
