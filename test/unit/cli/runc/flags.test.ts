import { describe, expect, test } from 'vitest'
import { numberOf, onlyId, parseFlags } from '../../../../src/cli/runc/flags.ts'
import { parseGlobals } from '../../../../src/cli/runc/globals.ts'
import { parseSignal } from '../../../../src/cli/runc/signal.ts'

const shape = { switches: ['force', 'detach'], values: ['pid-file', 'env'], short: { f: 'force', e: 'env' } }

describe('parseFlags', () => {
  test.each([
    [['--pid-file', 'a', 'id']],
    [['--pid-file=a', 'id']],
    [['-pid-file', 'a', 'id']],
    [['id', '--pid-file', 'a']],
  ])('takes %j', (argv) => {
    const flags = parseFlags(argv, shape)
    expect([flags.value('pid-file'), onlyId(flags)]).toEqual(['a', 'id'])
  })

  test('knows switches with and without a value', () => {
    expect(parseFlags(['-f'], shape).has('force')).toBe(true)
    expect(parseFlags(['--force=false'], shape).has('force')).toBe(false)
    expect(() => parseFlags(['--force=maybe'], shape)).toThrow('expected true or false')
  })

  test('keeps all values of a flag, in order', () => {
    expect(parseFlags(['-e', 'A=1', '--env=B=2=3'], shape).all('env')).toEqual(['A=1', 'B=2=3'])
  })

  test('leaves the words of a program alone', () => {
    const flags = parseFlags(['-e', 'A=1', 'id', 'ls', '-f', '--', 'x'], { ...shape, stopAtOperand: true })
    expect(flags.operands).toEqual(['id', 'ls', '-f', '--', 'x'])
    expect(parseFlags(['--', '-f'], shape).operands).toEqual(['-f'])
  })

  test('refuses what it does not know', () => {
    expect(() => parseFlags(['--nope'], shape)).toThrow('unknown flag --nope')
    expect(() => parseFlags(['--env'], shape)).toThrow('needs a value')
    expect(() => onlyId(parseFlags(['a', 'b'], shape))).toThrow('one container id')
    expect(() => numberOf(parseFlags(['--env', '1x'], shape), 'env')).toThrow('expected a number')
  })
})

describe('parseGlobals', () => {
  test('takes what podman, containerd and docker give before the verb', () => {
    const words = [
      '--root',
      'r',
      '--log=/l',
      '--log-format',
      'json',
      '--systemd-cgroup',
      'kill',
      '--all',
      'id',
    ]
    expect(parseGlobals(words, '/cwd')).toEqual({
      root: '/cwd/r',
      log: { path: '/l', format: 'json', debug: false },
      help: false,
      version: false,
      systemd: true,
      words: ['kill', '--all', 'id'],
    })
    expect(() => parseGlobals(['--log-format=xml'], '/')).toThrow('text or json')
  })
})

test.each([
  ['9', 9],
  ['TERM', 15],
  ['sigkill', 9],
  ['RTMIN+3', 37],
  ['SIGRTMAX-1', 63],
])('signal %s is %d', (text, number) => {
  expect(parseSignal(text)).toBe(number)
})

test.each(['NOPE', '', '65', 'RTMIN-1', 'RTMAX+1'])('signal %j is none', (text) => {
  expect(() => parseSignal(text)).toThrow('unknown signal')
})
