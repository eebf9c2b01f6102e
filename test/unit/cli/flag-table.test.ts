import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { defineBuild } from '../../../src/cli/build/flags.ts'
import { plainFlags } from '../../../src/cli/flag-forms.ts'
import { type DefineFlags, flagTable, readFlags } from '../../../src/cli/flag-table.ts'
import { definePush } from '../../../src/cli/images/push.ts'
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

/** `line` is well-formed; of the random ones at least `reads` are. */
const programs = [
  {
    name: 'run',
    define: defineRunFlags,
    stop: true,
    line: ['--rm', '-e', 'A=1', '--network=none', 'image', 'true'],
    reads: 100,
  },
  {
    name: 'build',
    define: defineBuild,
    stop: false,
    line: ['-t', 'app', '--no-cache', '.'],
    reads: 100,
  },
  {
    name: 'push',
    define: definePush,
    stop: false,
    line: ['-q', '--compression=zstd', '--compression-level', '3', 'app'],
    reads: 50,
  },
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
  ['-a', '-q', '--compression=zstd', '--compression-level', '3', 'app'],
  ['app', '--force-compression=false', '--platform'],
]

interface Pick {
  readonly below: (n: number) => number
  readonly of: <T>(list: readonly T[]) => T
}

/** The same choices in every run. */
const seeded = (): Pick => {
  let seed = 1
  const below = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return (seed >>> 8) % n
  }
  const of = <T>(list: readonly T[]): T => {
    const [found] = list.slice(below(list.length))
    if (found === undefined) throw new Error('nothing to pick from')
    return found
  }
  return { below, of }
}

describe.each(programs)('the flags of $name', ({ define, stop, line, reads: least }) => {
  it.each(lines.map((line) => [line.join(' '), line] as const))('reads %j as commander does', (_, line) => {
    const read = readFlags(define(flagTable()), line, stop)
    const expected = byCommander(define, line, stop)
    // What the table does not read, commander is asked about: it may do so, but never read what is wrong.
    if (read) expect(read).toEqual(expected)
  })

  it('reads well-formed lines itself', () => {
    expect(readFlags(define(flagTable()), line, stop)).toBeDefined()
  })

  it('agrees with commander on words in any order', () => {
    const words = [...new Set(lines.flat()), '-it', '-e=A', '--env=', '-dt', '-qt', '-fx', '--memory=1g', '']
    const { reads } = compare(400, (pick) => Array.from({ length: 1 + pick.below(5) }, () => pick.of(words)))
    expect(reads).toBeGreaterThan(20)
  })

  it('agrees with commander on every flag in every form', () => {
    const { rows } = define(flagTable())
    const values = ['', 'a', '-1', '-', '--', '--rm', '=', 'a=b', 'true', 'false', 'none', 'auto', '0', 'ä']
    const word = (pick: Pick): readonly string[] => {
      const { long, short = long } = pick.of(rows)
      const value = pick.of(values)
      const forms: readonly (readonly string[])[] = [
        [long, value],
        [`${long}=${value}`],
        [short, value],
        [`${short}${value}`],
        [`${short}=${value}`],
        [`${short}${pick.of(rows).short?.slice(1) ?? ''}${value}`],
        [long.slice(0, -1), value],
        [long.replace('--no-', '--'), value],
        [long.replace('--', '--no-')],
        [long.toUpperCase()],
        [value],
      ]
      return pick.of(forms)
    }
    const { reads } = compare(400, (pick) =>
      [
        ...Array.from({ length: 1 + pick.below(3) }, () => word(pick)).flat(),
        ...(stop ? ['image', '-x'] : ['.']),
      ].slice(0, 2 + pick.below(6)),
    )
    expect(reads).toBeGreaterThan(least)
  })

  /** Random lines; what the table reads must be what commander reads. */
  const compare = (rounds: number, make: (pick: Pick) => readonly string[]): { readonly reads: number } => {
    const pick = seeded()
    let reads = 0
    for (let round = 0; round < rounds; round++) {
      const line = make(pick)
      const read = readFlags(define(flagTable()), line, stop)
      if (!read) continue
      reads++
      expect({ line, ...read }).toEqual({ line, ...byCommander(define, line, stop) })
    }
    return { reads }
  }
})
