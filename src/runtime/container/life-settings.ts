import type { HealthConfig } from '../../foundation/oci/index.ts'

/** --restart */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** of `on-failure`: how often at most; 0 has no limit. */
  readonly most: number
}

/** --log-driver and --log-opt */
export interface LogSettings {
  readonly driver: 'json-file' | 'local' | 'none'
  /** As given, for `inspect`. */
  readonly options: Readonly<Record<string, string>>
  /** Bytes of one file; without a limit when absent. */
  readonly maxSize?: number
  readonly maxFiles?: number
}

/** What the monitor does when the container becomes unhealthy. */
export type HealthAction = 'none' | 'kill' | 'stop' | 'restart'

/** How a container lives: what its monitor does beside holding its output. */
export interface LifeSettings {
  /** The end of somebody's input is the end of the container's (`-i` without `-d`). */
  readonly stdinOnce?: boolean
  readonly restart?: RestartPolicy
  readonly log?: LogSettings
  /** Members that replace those of the image; `Test: ['NONE']` turns the image's check off. */
  readonly health?: HealthConfig
  readonly healthAction?: HealthAction
}

/** health.json: docker's `State.Health`. */
export interface HealthState {
  readonly Status: 'starting' | 'healthy' | 'unhealthy'
  readonly FailingStreak: number
  /** The last five, the oldest first. */
  readonly Log: readonly {
    readonly Start: string
    readonly End: string
    readonly ExitCode: number
    readonly Output: string
  }[]
}

/** The member `Healthcheck` of a container's config. */
export const mergedHealth = (
  image: HealthConfig | undefined,
  wish: HealthConfig | undefined,
): { readonly Healthcheck?: HealthConfig } => {
  if (!wish) return image ? { Healthcheck: image } : {}
  return { Healthcheck: wish.Test?.[0] === 'NONE' ? wish : { ...image, ...wish } }
}

/** A check with docker's defaults, in milliseconds. */
export interface HealthCheck {
  readonly command: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
}

/** What is to be run, and when; undefined without a check. */
export const healthCheckOf = (
  health: HealthConfig | undefined,
  shell: readonly string[] | undefined,
): HealthCheck | undefined => {
  const [kind, ...words] = health?.Test ?? []
  if (!health || kind === undefined || kind === 'NONE' || words.length === 0) return undefined
  const ms = (nanoseconds: number | undefined, seconds: number): number =>
    nanoseconds ? Math.max(1, Math.round(nanoseconds / 1e6)) : seconds * 1000
  return {
    command: kind === 'CMD-SHELL' ? [...(shell ?? ['/bin/sh', '-c']), ...words] : words,
    interval: ms(health.Interval, 30),
    timeout: ms(health.Timeout, 30),
    startPeriod: ms(health.StartPeriod, 0),
    startInterval: ms(health.StartInterval, 5),
    retries: health.Retries || 3,
  }
}

/** Docker's `local` driver keeps five files of 20 MB; ours has the same bounds in the one format that there is. */
const localBounds = { maxSize: 20_000_000, maxFiles: 5 }

/** What the monitor is to be told of the log. */
export const logArguments = (log: LogSettings | undefined): readonly string[] => {
  if (!log) return []
  if (log.driver === 'none') return ['--no-log']
  const { maxSize, maxFiles } = log.driver === 'local' ? { ...localBounds, ...log } : log
  return [
    ...(maxSize === undefined ? [] : ['--log-max-size', String(maxSize)]),
    ...(maxFiles === undefined ? [] : ['--log-max-file', String(maxFiles)]),
  ]
}

/** The text of the file `policy` (native/monitor_restart.c reads it); undefined when it is not started again. */
export const policyText = (policy: RestartPolicy | undefined): string | undefined => {
  if (!policy || policy.name === 'no') return undefined
  return policy.name === 'on-failure' ? `on-failure ${policy.most}\n` : `${policy.name}\n`
}
