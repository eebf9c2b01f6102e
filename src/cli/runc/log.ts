import { appendFileSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'

export interface RuntimeLog {
  readonly path?: HostPath
  readonly format: 'text' | 'json'
  readonly debug: boolean
}

export type Level = 'error' | 'warning' | 'debug'

/**
 * Appends one entry as logrus writes them: podman, containerd and docker read there why something failed. False without a
 * file, or when it cannot be written.
 */
export const writeLog = (log: RuntimeLog, level: Level, message: string): boolean => {
  if (log.path === undefined || (level === 'debug' && !log.debug)) return false
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const line =
    log.format === 'json'
      ? JSON.stringify({ level, msg: message, time })
      : `time="${time}" level=${level} msg=${JSON.stringify(message)}`
  try {
    appendFileSync(log.path, `${line}\n`, { mode: 0o644 })
    return true
  } catch {
    return false
  }
}
