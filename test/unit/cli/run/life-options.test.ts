import { expect, test } from 'vitest'
import type { LifeFlags } from '../../../../src/cli/run/life-flags.ts'
import { life, parseRestart } from '../../../../src/cli/run/life-options.ts'
import { AppError } from '../../../../src/foundation/errors/index.ts'

const usage = (error: unknown): boolean => error instanceof AppError && error.exitCode === 125
const settings = (flags: Partial<LifeFlags> & { readonly rm?: boolean }) =>
  life({ healthcheck: true, ...flags }).life
const refusal = (action: () => unknown): unknown => {
  try {
    return action()
  } catch (error) {
    return usage(error) ? 'refused' : error
  }
}

test.each([
  ['no', { name: 'no', most: 0 }],
  ['always', { name: 'always', most: 0 }],
  ['unless-stopped', { name: 'unless-stopped', most: 0 }],
  ['on-failure', { name: 'on-failure', most: 0 }],
  ['on-failure:3', { name: 'on-failure', most: 3 }],
])('--restart %s', (text, policy) => expect(parseRestart(text)).toEqual(policy))

test.each(['bogus', 'no:3', 'always:1', 'on-failure:-1', 'on-failure:x'])('--restart %s is refused', (text) =>
  expect(refusal(() => parseRestart(text))).toBe('refused'),
)

test('--rm and a restart policy contradict each other', () => {
  expect(refusal(() => settings({ rm: true, restart: 'always' }))).toBe('refused')
  expect(settings({ rm: true, restart: 'no' })?.restart?.name).toBe('no')
})

test('logs: sizes are decimal, as docker reads them here; others are refused', () => {
  expect(settings({ logOpt: ['max-size=10m', 'max-file=3'] })?.log).toMatchObject({
    driver: 'json-file',
    maxSize: 10_000_000,
    maxFiles: 3,
  })
  expect(settings({ logDriver: 'none' })?.log).toEqual({ driver: 'none', options: {} })
  expect(settings({ logOpt: ['max-size=-1'] })?.log?.maxSize).toBeUndefined()
  expect(settings({})?.log).toBeUndefined()
  for (const bad of ['bogus=1', 'max-size=0', 'max-size=1x', 'max-file=0', 'max-file'])
    expect(refusal(() => settings({ logOpt: [bad] }))).toBe('refused')
  expect(refusal(() => settings({ logDriver: 'syslog' }))).toBe('refused')
  const kept = settings({ logOpt: ['tag=t', 'mode=non-blocking', 'max-buffer-size=4m', 'labels=a,b'] })?.log
  expect(Object.keys(kept?.options ?? {})).toEqual(['labels', 'max-buffer-size', 'mode', 'tag'])
  for (const bad of ['mode=x', 'max-buffer-size=4m', 'compress=maybe'])
    expect(refusal(() => settings({ logOpt: [bad] }))).toBe('refused')
  expect(refusal(() => settings({ logDriver: 'none', logOpt: ['max-size=1m'] }))).toBe('refused')
})

test('health checks: durations become nanoseconds', () => {
  expect(
    settings({ healthCmd: 'true', healthInterval: '1m30s', healthTimeout: '500ms', healthRetries: '2' })
      ?.health,
  ).toEqual({ Test: ['CMD-SHELL', 'true'], Interval: 90e9, Timeout: 5e8, Retries: 2 })
  expect(settings({ healthcheck: false })?.health).toEqual({ Test: ['NONE'] })
  expect(settings({})?.health).toBeUndefined()
  expect(refusal(() => settings({ healthcheck: false, healthCmd: 'x' }))).toBe('refused')
  expect(refusal(() => settings({ healthInterval: '1ns' }))).toBe('refused')
  expect(refusal(() => settings({ healthOnFailure: 'explode' }))).toBe('refused')
})

test('--stop-timeout: any negative time is for ever', () => {
  expect(life({ healthcheck: true, stopTimeout: '-5' }).stopTimeout).toBe(-5)
  expect(refusal(() => life({ healthcheck: true, stopTimeout: 'x' }))).toBe('refused')
})
