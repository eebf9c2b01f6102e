import { describe, expect, it } from 'vitest'
import type { RuntimeResources } from '../../../../src/foundation/oci/index.ts'
import { basicDeviceRules, everyDevice } from '../../../../src/runtime/bundle/devices.ts'
import { allowsEveryDevice, compileDeviceProgram } from '../../../../src/runtime/cgroup/device-program.ts'
import { checkFlow, runDeviceProgram } from '../../../support/run-device-program.ts'

type Rules = RuntimeResources['devices']

/** Rules as people write them: `+c 1:3 rw`, `-a`. */
const rulesOf = (...lines: readonly string[]): Rules =>
  lines.map((line) => {
    const [, sign, type = 'a', major, minor, access] = /^([+-])(\w)(?: (\S+):(\S+) (\S*))?$/.exec(line) ?? []
    return {
      allow: sign === '+',
      type,
      ...(major === undefined || major === '*' ? {} : { major: Number(major) }),
      ...(minor === undefined || minor === '*' ? {} : { minor: Number(minor) }),
      ...(access === undefined ? {} : { access }),
    }
  })

/** Asks for `c 1:3 rw`. */
const allows = (rules: Rules, question: string): boolean => {
  const [, type, major, minor, access = ''] = /^([bc]) (\d+):(\d+) ([rwm]*)$/.exec(question) ?? []
  const program = compileDeviceProgram(rules)
  checkFlow(program)
  const verdict = runDeviceProgram(program, {
    type: type === 'b' ? 'b' : 'c',
    major: Number(major),
    minor: Number(minor),
    access,
  })
  expect([0, 1]).toContain(verdict)
  return verdict === 1
}

describe('compileDeviceProgram', () => {
  it.each<[string, Rules, yes: readonly string[], no: readonly string[]]>([
    ['no rule: nothing', [], [], ['c 1:3 r', 'b 8:0 m']],
    ['deny all', rulesOf('-a'), [], ['c 1:3 r', 'b 8:0 rw', 'c 1:3 m']],
    ['allow all', rulesOf('+a'), ['c 1:3 rw', 'b 8:0 m', 'b 4294967295:0 rwm'], []],
    ['type', rulesOf('-a', '+b *:* rwm'), ['b 1:3 rw', 'b 8:0 m'], ['c 1:3 r', 'c 8:0 m']],
    ['major', rulesOf('-a', '+c 136:* rwm'), ['c 136:0 rw', 'c 136:9 r'], ['c 137:0 r', 'b 136:0 r']],
    ['minor', rulesOf('-a', '+c *:3 rw'), ['c 1:3 rw', 'c 9:3 r'], ['c 1:4 r', 'c 3:1 r']],
    ['both', rulesOf('-a', '+c 1:3 rw'), ['c 1:3 rw', 'c 1:3 w'], ['c 1:4 r', 'c 2:3 r', 'c 1:3 m']],
    ['zero is a number', rulesOf('-a', '+b 8:0 r'), ['b 8:0 r'], ['b 8:1 r', 'b 0:0 r']],
    ['any type with numbers', rulesOf('-a', '+a 7:1 r'), ['b 7:1 r', 'c 7:1 r'], ['b 7:2 r', 'c 7:1 w']],
    [
      'less than asked is not enough',
      rulesOf('-a', '+c 1:5 r'),
      ['c 1:5 r'],
      ['c 1:5 rw', 'c 1:5 w', 'c 1:5 rm'],
    ],
    ['rules add up', rulesOf('-a', '+c 1:5 r', '+c 1:5 w'), ['c 1:5 rw', 'c 1:5 r'], ['c 1:5 rwm']],
    [
      'rules of any width add up',
      rulesOf('-a', '+c *:* r', '+c 1:5 w'),
      ['c 1:5 rw', 'c 2:2 r'],
      ['c 2:2 rw'],
    ],
    [
      'the last one wins: deny',
      rulesOf('-a', '+c 1:5 rw', '-c 1:5 rw', '+c 1:5 m'),
      ['c 1:5 m'],
      ['c 1:5 r'],
    ],
    ['the last one wins: allow', rulesOf('-a', '-c 1:5 rw', '+c 1:5 rw'), ['c 1:5 rw'], ['c 1:5 rwm']],
    [
      'a later deny of one letter',
      rulesOf('+a', '-c 1:5 w'),
      ['c 1:5 r', 'c 1:5 rm', 'c 1:6 w'],
      ['c 1:5 w', 'c 1:5 rw'],
    ],
    [
      'a hole in a wider rule',
      rulesOf('-a', '+b 8:* rw', '-b 8:1 rwm'),
      ['b 8:0 rw', 'b 8:2 r'],
      ['b 8:1 r', 'b 8:1 w'],
    ],
    [
      'deny of a letter everywhere',
      rulesOf('+a', '-a *:* m'),
      ['b 8:0 rw', 'c 1:3 r'],
      ['b 8:0 m', 'c 1:3 rm'],
    ],
    ['deny all forgets what was before', rulesOf('+b 8:0 rwm', '-a', '+c 1:3 r'), ['c 1:3 r'], ['b 8:0 r']],
    [
      'allow all forgets what was before',
      rulesOf('-b 8:0 rwm', '+a', '-c 1:3 r'),
      ['b 8:0 rwm'],
      ['c 1:3 r'],
    ],
    ['a rule without letters says nothing', rulesOf('-a', '+c 1:3 rw', '-c 1:3 '), ['c 1:3 rw'], []],
    ['letters twice, in any order', rulesOf('-a', '+c 1:3 wwr'), ['c 1:3 rw'], ['c 1:3 m']],
    [
      '-1 is every number',
      [{ allow: true, type: 'c', major: 10, minor: -1, access: 'r' }],
      ['c 10:229 r'],
      ['c 11:0 r'],
    ],
    [
      'no type and no letters given: all',
      [{ allow: true, major: 10 }],
      ['c 10:1 rwm', 'b 10:0 m'],
      ['c 11:0 r'],
    ],
    ['large numbers', rulesOf('-a', '+b 4095:1048575 r'), ['b 4095:1048575 r'], ['b 4095:1048574 r']],
  ])('%s', (_, rules, yes, no) => {
    for (const question of yes) expect([question, allows(rules, question)]).toEqual([question, true])
    for (const question of no) expect([question, allows(rules, question)]).toEqual([question, false])
  })

  it('gives a container the basic devices, and nodes of all others without their content', () => {
    for (const device of ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:1', '5:2', '136:0', '136:77'])
      expect(allows(basicDeviceRules, `c ${device} rw`)).toBe(true)
    for (const node of ['b 8:0', 'c 1:1', 'b 254:0', 'c 10:229', 'c 1:3'])
      expect(allows(basicDeviceRules, `${node} m`)).toBe(true)
    for (const device of ['b 8:0', 'b 1:3', 'c 1:1', 'c 1:2', 'c 1:11', 'c 10:229', 'b 254:0', 'c 5:3'])
      for (const access of ['r', 'w', 'rw', 'rm'])
        expect([device, allows(basicDeviceRules, `${device} ${access}`)]).toEqual([device, false])
  })

  it('gives one more device where it was asked for', () => {
    const rules: Rules = [
      ...basicDeviceRules,
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    ]
    expect(allows(rules, 'c 10:229 rw')).toBe(true)
    expect(allows(rules, 'c 10:200 rw')).toBe(false)
  })

  it('agrees with a plain reading of the rules, whatever they are', () => {
    const pick = <T>(seed: number, from: readonly T[]): T => from[seed % from.length] ?? from[0] ?? fail()
    let state = 1
    const next = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
      return state >> 8
    }
    for (let round = 0; round < 300; round++) {
      const lines = Array.from(
        { length: next() % 7 },
        () =>
          `${pick(next(), ['+', '-'])}${pick(next(), ['a', 'b', 'c'])} ${pick(next(), ['*', 1, 8])}:${pick(next(), ['*', 0, 3])} ${pick(next(), ['r', 'w', 'm', 'rw', 'rwm', 'rm'])}`,
      )
      const question = `${pick(next(), ['b', 'c'])} ${pick(next(), [1, 8, 9])}:${pick(next(), [0, 3, 4])} ${pick(next(), ['r', 'w', 'm', 'rw'])}`
      expect([lines, question, allows(rulesOf(...lines), question)]).toEqual([
        lines,
        question,
        readPlainly(rulesOf(...lines), question),
      ])
    }
  })

  it.each<[string, Rules]>([
    ['type', [{ allow: true, type: 'x' }]],
    ['type that is no own property', [{ allow: true, type: 'constructor' }]],
    ['access', [{ allow: true, access: 'rx' }]],
    ['major', [{ allow: true, major: -2 }]],
    ['minor', [{ allow: true, minor: 2 ** 31 }]],
    ['fraction', [{ allow: true, minor: 1.5 }]],
  ])('refuses what it cannot express: %s', (_, rules) => {
    expect(() => compileDeviceProgram(rules)).toThrow(
      expect.objectContaining({ code: 'invalid-device-rule' }),
    )
  })
})

describe('allowsEveryDevice', () => {
  it('is true of privileged containers only', () => {
    expect(allowsEveryDevice(everyDevice)).toBe(true)
    expect(allowsEveryDevice(rulesOf('-a', '+a'))).toBe(true)
    for (const rules of [
      [],
      basicDeviceRules,
      rulesOf('-a'),
      rulesOf('+a', '-c 1:3 r'),
      rulesOf('+a *:* rw'),
      rulesOf('+b *:* rwm'),
      rulesOf('+a 1:* rwm'),
    ])
      expect(allowsEveryDevice(rules)).toBe(false)
  })
})

/** Letter by letter: the last rule about it decides. */
const readPlainly = (rules: Rules, question: string): boolean => {
  const [type, device = '', asked = ''] = question.split(' ')
  const [major, minor] = device.split(':').map(Number)
  return [...asked].every((letter) =>
    rules.reduce(
      (verdict, rule) =>
        (rule.type === 'a' || rule.type === type) &&
        (rule.major === undefined || rule.major === major) &&
        (rule.minor === undefined || rule.minor === minor) &&
        rule.access?.includes(letter)
          ? rule.allow
          : verdict,
      false,
    ),
  )
}

const fail = (): never => {
  throw new Error('nothing to pick from')
}
