import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { defineBuild } from '../../../src/cli/build/flags.ts'
import { plainFlags } from '../../../src/cli/flag-forms.ts'
import { type DefineFlags, flagTable, readFlags } from '../../../src/cli/flag-table.ts'
import { defineRunFlags } from '../../../src/cli/run/run-flags.ts'

interface Read {
  readonly options: object
  readonly args: readonly string[]
}

/** What commander makes of the same words; undefined where it refuses them or prints help. */
const byCommander = (define: DefineFlags, argv: readonly string[], stop: boolean): Read | undefined => {
  const command = define(new Command('x'))
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
  try {
    command.parse([...plainFlags(argv, command, stop)], { from: 'user' })
  } catch {
    return undefined
  }
  return { options: command.opts(), args: command.args }
}

const programs = [
  { name: 'run', define: defineRunFlags, stop: true },
  { name: 'build', define: defineBuild, stop: false },
] as const

const lines = [
  [],
  ['image'],
  ['--rm', '-it', 'image', 'sh', '-c', 'echo --rm'],
  ['-eA=1', '-e', 'B=2', '--env=C=3', '--env', '-x', 'image'],
  ['-itwfoo', '-m', '1g', '--no-healthcheck', 'image', '--', '-d'],
  ['--', 'image', '--rm'],
  ['-d', '--', '-image'],
  ['--name=', 'image'],
  ['--rm=false', '-d=true', 'image'],
  ['--rm=maybe', 'image'],
  ['--unknown', 'image'],
  ['-Z', 'image'],
  ['--name'],
  ['-e'],
  ['--help'],
  ['-h', 'host', 'image'],
  ['-', 'image'],
  ['-5'],
  ['image', '-5'],
  ['-t', 'app', '.'],
  ['-tapp', '-t=b', '--tag', 'c', '.', '--no-cache'],
  ['--no-cache-filter', 'a', '--no-cache-filter=b', '.'],
  ['--no-cache', '--no-sync', '-q', '.'],
  ['--network', 'none', '--progress=plain', '.'],
  ['--network', 'other', '.'],
  ['--progress=loud', '.'],
  ['.', 'more'],
  ['--build-arg', 'A=1', '--build-arg=B', '--label', 'x=y', '-f', '-', '-'],
  ['.', '--', '--tag'],
  ['--pull=false', '--pull-policy=never', '.'],
]

describe.each(programs)('the flags of $name', ({ define, stop }) => {
  it.each(lines.map((line) => [line.join(' '), line] as const))('reads %j as commander does', (_, line) => {
    const read = readFlags(define(flagTable()), line, stop)
    const expected = byCommander(define, line, stop)
    // What the table does not read, commander is asked about: it may do so, but never read what is wrong.
    if (read) expect(read).toEqual(expected)
  })

  it('reads well-formed lines itself', () => {
    const line = stop
      ? ['--rm', '-e', 'A=1', '--network=none', 'image', 'true']
      : ['-t', 'app', '--no-cache', '.']
    expect(readFlags(define(flagTable()), line, stop)).toBeDefined()
  })

  it('agrees with commander on words in any order', () => {
    let seed = 1
    const below = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 1
      return seed % n
    }
    const words = [...new Set(lines.flat()), '-it', '-e=A', '--env=', '-dt', '-qt', '-fx', '--memory=1g', '']
    let reads = 0
    for (let round = 0; round < 400; round++) {
      const line = Array.from({ length: 1 + below(5) }, () => words[below(words.length)] ?? '')
      const read = readFlags(define(flagTable()), line, stop)
      if (!read) continue
      reads++
      expect({ line, ...read }).toEqual({ line, ...byCommander(define, line, stop) })
    }
    expect(reads).toBeGreaterThan(20)
  })
})
