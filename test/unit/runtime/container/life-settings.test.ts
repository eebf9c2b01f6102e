import { expect, test } from 'vitest'
import { detachKeysOf } from '../../../../src/runtime/container/detach-keys.ts'
import {
  healthCheckOf,
  logArguments,
  mergedHealth,
  policyText,
} from '../../../../src/runtime/container/life-settings.ts'

test('keys to detach: docker’s default, letters, control keys, no others', () => {
  expect(detachKeysOf()).toBe('1011')
  expect(detachKeysOf('')).toBe('1011')
  expect(detachKeysOf('ctrl-a,x')).toBe('0178')
  expect(detachKeysOf('ctrl-@,ctrl-_,ctrl-\\,ctrl-[')).toBe('001f1c1b')
  for (const bad of ['ctrl-1', 'ab', 'a,', Array(17).fill('a').join(',')])
    expect(() => detachKeysOf(bad)).toThrow('expected keys')
})

test('a health check has docker’s defaults, and what is said replaces members of the image’s', () => {
  expect(healthCheckOf({ Test: ['CMD-SHELL', 'x'] }, undefined)).toEqual({
    command: ['/bin/sh', '-c', 'x'],
    interval: 30_000,
    timeout: 30_000,
    startPeriod: 0,
    startInterval: 5000,
    retries: 3,
  })
  expect(healthCheckOf({ Test: ['CMD', 'a', 'b'], Interval: 2e9 }, ['bash'])).toMatchObject({
    command: ['a', 'b'],
    interval: 2000,
  })
  expect(healthCheckOf({ Test: ['CMD-SHELL', 'x'] }, ['/bin/bash', '-ec'])?.command[0]).toBe('/bin/bash')
  expect(healthCheckOf({ Test: ['NONE'] }, undefined)).toBeUndefined()
  expect(healthCheckOf({ Interval: 1e9 }, undefined)).toBeUndefined()
  expect(mergedHealth({ Test: ['CMD', 'a'], Retries: 5 }, { Retries: 2 }).Healthcheck).toEqual({
    Test: ['CMD', 'a'],
    Retries: 2,
  })
  expect(mergedHealth({ Test: ['CMD', 'a'], Retries: 5 }, { Test: ['NONE'] }).Healthcheck).toEqual({
    Test: ['NONE'],
  })
})

test('what the monitor is told of logs and restarts', () => {
  expect(logArguments(undefined)).toEqual([])
  expect(logArguments({ driver: 'none', options: {} })).toEqual(['--no-log'])
  expect(logArguments({ driver: 'local', options: {}, maxFiles: 2 })).toEqual([
    '--log-max-size',
    '20000000',
    '--log-max-file',
    '2',
  ])
  expect(policyText({ name: 'no', most: 0 })).toBeUndefined()
  expect(policyText({ name: 'on-failure', most: 3 })).toBe('on-failure 3\n')
})
