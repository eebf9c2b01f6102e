import type { FlagCommand } from '../flag-table.ts'
import { collect } from './parse-verb.ts'

/** The options of `run` and `create` about how a container lives, as commander names them. */
export interface LifeFlags {
  readonly restart?: string
  readonly stopSignal?: string
  readonly stopTimeout?: string
  readonly detachKeys?: string
  readonly sigProxy?: string
  readonly logDriver?: string
  readonly logOpt?: readonly string[]
  readonly healthCmd?: string
  readonly healthInterval?: string
  readonly healthTimeout?: string
  readonly healthRetries?: string
  readonly healthStartPeriod?: string
  readonly healthStartInterval?: string
  readonly healthOnFailure?: string
  /** commander's name of --no-healthcheck: false when it is given. */
  readonly healthcheck: boolean
}

export const defineLifeFlags = <C extends FlagCommand>(command: C): C =>
  health(
    command
      .option('--restart <policy>', 'no, always, unless-stopped or on-failure[:TIMES] (default: no)')
      .option('--stop-signal <signal>', 'signal that asks it to end')
      .option('--stop-timeout <seconds>', 'how long stop waits before it kills')
      .option('--detach-keys <keys>', 'keys that leave it in the background (default: ctrl-p,ctrl-q)')
      .option('--sig-proxy <bool>', 'pass signals on to the container (default: true)')
      .option('--log-driver <driver>', 'json-file, local or none (default: json-file)')
      .option(
        '--log-opt <name=value>',
        'max-size, max-file; labels, env, tag ... for logs --details (repeatable)',
        collect,
      ),
  )

const health = <C extends FlagCommand>(command: C): C =>
  command
    .option('--health-cmd <command>', 'command that tells whether the container is well')
    .option('--health-interval <duration>', 'time between two checks (default: 30s)')
    .option('--health-timeout <duration>', 'most time that a check may take (default: 30s)')
    .option('--health-retries <number>', 'failures in a row that make it unhealthy (default: 3)')
    .option('--health-start-period <duration>', 'time in which failures do not count (default: 0s)')
    .option('--health-start-interval <duration>', 'time between two checks in that time (default: 5s)')
    .option('--health-on-failure <action>', 'none, kill, restart or stop when it is unhealthy')
    .option('--no-healthcheck', 'leave out the check of the image')
