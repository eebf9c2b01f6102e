import type {
  CreateOptions,
  HealthAction,
  LifeSettings,
  LogSettings,
  RestartPolicy,
} from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HealthConfig } from '../../foundation/oci/index.ts'
import { booleanOf, durationOf } from '../value-forms.ts'
import { given } from './given.ts'
import { goPattern } from './go-pattern.ts'
import type { LifeFlags } from './life-flags.ts'
import { parseWait, parseWhole } from './parse-values.ts'
import { usage } from './parse-verb.ts'

/** Stop signal, restarts, log and health check of a new container. Throws `usage`. */
export const life = (
  flags: LifeFlags & { readonly rm?: boolean; readonly interactive?: boolean; readonly detach?: boolean },
): Pick<CreateOptions, 'stopSignal' | 'stopTimeout' | 'life'> => {
  const restart = flags.restart === undefined ? undefined : parseRestart(flags.restart)
  if (flags.rm && restart && restart.name !== 'no') {
    throw usage('run', '--restart and --rm contradict each other', 'leave one of them out')
  }
  const settings: LifeSettings = {
    ...(flags.interactive && !flags.detach ? { stdinOnce: true } : {}),
    ...given('restart', restart),
    ...given('log', logOf(flags)),
    ...given('health', healthOf(flags)),
    ...given(
      'healthAction',
      flags.healthOnFailure === undefined ? undefined : actionOf(flags.healthOnFailure),
    ),
  }
  return {
    ...given('stopSignal', flags.stopSignal),
    ...given(
      'stopTimeout',
      flags.stopTimeout === undefined ? undefined : parseWait('run', flags.stopTimeout, '--stop-timeout'),
    ),
    life: settings,
  }
}

/** `on-failure:3`. Throws `usage` for a number that is none, `bad-policy` for what there is not. */
export const parseRestart = (text: string): RestartPolicy => {
  const [name = '', times] = text.split(/:(.*)/s, 2)
  const known = (['no', 'always', 'unless-stopped', 'on-failure'] as const).find(
    (one) => one === (name || 'no'),
  )
  if (known === undefined) throw badPolicy(text, 'there is no such policy')
  if (times === undefined) return { name: known, most: 0 }
  const most = parseWhole(`--restart ${known}`, times, Number.MIN_SAFE_INTEGER)
  if (known !== 'on-failure') throw badPolicy(text, 'only on-failure takes a number of times')
  if (most < 0) throw badPolicy(text, 'the number of times is negative')
  return { name: known, most }
}

const badPolicy = (text: string, why: string): AppError =>
  new AppError('bad-policy', `--restart ${JSON.stringify(text)}: ${why}`, {
    exitCode: exitCode.engine,
    hint: 'policies are no, always, unless-stopped and on-failure[:TIMES]',
  })

const logOf = ({ logDriver, logOpt }: LifeFlags): LogSettings | undefined => {
  if (logDriver === undefined && logOpt === undefined) return undefined
  const driver = (['json-file', 'local', 'none'] as const).find((one) => one === (logDriver ?? 'json-file'))
  if (driver === undefined) {
    throw usage(
      'run',
      `--log-driver ${JSON.stringify(logDriver)}: not supported`,
      'use json-file, local or none; what a container writes can be sent on with: tsrun logs -f',
    )
  }
  const said = (logOpt ?? []).map((text) => logOption(text, driver))
  const options = Object.fromEntries(said.toSorted(([a], [b]) => byCodeUnit(a, b)))
  checkOthers(options)
  const { 'max-size': size, 'max-file': files } = options
  return {
    driver,
    options,
    ...given('maxSize', size === undefined || size === '-1' ? undefined : logSize(size)),
    ...given('maxFiles', files === undefined ? undefined : parseWhole('--log-opt max-file', files, 1)),
  }
}

const logOption = (text: string, driver: string): readonly [string, string] => {
  const [name = '', value = ''] = text.split(/=(.*)/s, 2)
  const known = logOptions[driver] ?? []
  if (known.includes(name)) return [name, value]
  const hint = known.length > 0 ? `there are ${known.join(', ')}` : undefined
  throw badLogOption(text, `${driver} has no such option`, hint)
}

const ofAll = ['max-size', 'max-file', 'compress', 'mode', 'max-buffer-size']

/** compress, mode and max-buffer-size are docker's for what is not done here, or done in any case. */
const logOptions: Readonly<Record<string, readonly string[]>> = {
  'json-file': [...ofAll, 'env', 'env-regex', 'labels', 'labels-regex', 'tag'],
  local: ofAll,
}

const checkOthers = (options: Readonly<Record<string, string>>): void => {
  const { mode, compress, 'max-buffer-size': buffer } = options
  if (mode !== undefined && mode !== 'blocking' && mode !== 'non-blocking')
    throw badLogOption(`mode=${mode}`, 'expected blocking or non-blocking')
  if (compress !== undefined && booleanOf(compress) === undefined)
    throw badLogOption(`compress=${compress}`, 'expected true or false')
  if (buffer !== undefined && mode !== 'non-blocking')
    throw badLogOption(`max-buffer-size=${buffer}`, 'only with mode=non-blocking')
  for (const name of ['env-regex', 'labels-regex']) {
    const pattern = options[name]
    if (pattern !== undefined && !isPattern(pattern))
      throw badLogOption(`${name}=${pattern}`, 'expected a regular expression')
  }
}

const isPattern = (text: string): boolean => {
  try {
    goPattern(text)
    return true
  } catch {
    return false
  }
}

const badLogOption = (text: string, why: string, hint?: string): AppError =>
  new AppError('bad-log-option', `--log-opt ${JSON.stringify(text)}: ${why}`, {
    exitCode: exitCode.engine,
    ...given('hint', hint),
  })

/** Powers of 1000 here, unlike docker's other sizes. */
const logSize = (text: string): number => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? []
  const bytes = Math.floor(Number(number) * 1000 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase()))
  if (bytes > 0) return bytes
  throw usage('run', `--log-opt max-size=${text}: expected a size such as 10m`)
}

const actionOf = (text: string): HealthAction => {
  const action = (['none', 'kill', 'stop', 'restart'] as const).find((one) => one === text)
  if (action !== undefined) return action
  throw usage('run', `--health-on-failure ${JSON.stringify(text)}: expected none, kill, restart or stop`)
}

const healthOf = (flags: LifeFlags): HealthConfig | undefined => {
  const { healthCmd, healthRetries } = flags
  const time = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : healthTime(flag, text)
  const said: HealthConfig = {
    ...given('Test', healthCmd === undefined ? undefined : testOf(healthCmd)),
    ...given('Interval', time('--health-interval', flags.healthInterval)),
    ...given('Timeout', time('--health-timeout', flags.healthTimeout)),
    ...given('StartPeriod', time('--health-start-period', flags.healthStartPeriod)),
    ...given('StartInterval', time('--health-start-interval', flags.healthStartInterval)),
    ...given(
      'Retries',
      healthRetries === undefined ? undefined : parseWhole('--health-retries', healthRetries, 0),
    ),
  }
  const some = Object.keys(said).length > 0
  if (flags.healthcheck) return some ? said : undefined
  if (some)
    throw usage('run', '--no-healthcheck and --health-* contradict each other', 'leave one of them out')
  return { Test: ['NONE'] }
}

/** Podman's word `none` is --no-healthcheck. */
const testOf = (text: string): readonly string[] => (text === 'none' ? ['NONE'] : ['CMD-SHELL', text])

/** Nanoseconds. */
const healthTime = (flag: string, text: string): number => {
  const nanoseconds = durationOf(text)
  if (nanoseconds !== undefined && (nanoseconds === 0 || nanoseconds >= 1e6)) return nanoseconds
  const message = `${flag} ${JSON.stringify(text)}: expected a duration of at least 1ms, such as 30s`
  if (nanoseconds === undefined) throw usage('run', message)
  // A duration after all: docker's daemon refuses it, not its command line.
  throw new AppError('bad-health-check', message, { exitCode: exitCode.engine })
}
