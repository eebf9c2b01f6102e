import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBase } from './base.ts'
import { type Builder, findDocker, makeOurs, removeBridge } from './builders.ts'
import { readCases } from './cases.ts'
import { buildCase, formatDifference, judge, type Rig } from './compare.ts'
import { formatGolden, type Golden, readGolden, writeGolden } from './golden.ts'
import { inParallel } from './in-parallel.ts'
import { startServer } from './server.ts'
import type { Case, Result } from './types.ts'

const usage = `usage: npm run differential -- [options] [CASE | PREFIX-...]...
Builds the cases of fixtures/dockerfiles with docker and with tsbuild and compares the results.
  --cases DIR  other cases than those of fixtures/dockerfiles: every directory in DIR with a Dockerfile or a case.json
  --record     write what docker made to expected.json
  --by-hand    write what tsbuild made to expected.json: for what this docker does not know yet. Read it before you commit it
  --new        only cases without an expected.json
  --recorded   take docker's results from expected.json instead of building with it
  --verbose    say what both said when both refuse
  --jobs N     cases at the same time (default 3)
Exit 1: there are differences that nothing justifies. Exit 2: there is no docker.`

interface Flags {
  readonly cases?: string
  readonly record: boolean
  readonly 'by-hand': boolean
  readonly recorded: boolean
  readonly verbose: boolean
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const dockerResult = async (
  test: Case,
  docker: Builder | undefined,
  rig: Rig,
  flags: Flags,
): Promise<Result | undefined> => {
  const golden = readGolden(test)
  if (!docker || golden?.recorded === 'by hand') return golden?.result
  const made: Golden = { recorded: docker.name, result: await buildCase(test, docker, rig) }
  const named = test.name.startsWith('refuse-') ? 'refused' : 'built'
  if (flags.cases === undefined && made.result.kind !== named && !test.options.looser)
    throw new Error(`not what its name says\n${JSON.stringify(made.result, undefined, 2)}`)
  if (flags.record) writeGolden(test, made)
  else if (golden && formatGolden(golden) !== formatGolden(made) && made.result.kind === 'built')
    say(`           ${test.name}: docker's result is not what was recorded`)
  return made.result
}

const counts = new Map<string, number>()

const runCase = async (
  test: Case,
  builders: { readonly docker: Builder | undefined; readonly ours: Builder },
  rig: Rig,
  flags: Flags,
): Promise<void> => {
  if (flags['by-hand'])
    return writeGolden(test, { recorded: 'by hand', result: await buildCase(test, builders.ours, rig) })
  const theirs = await dockerResult(test, builders.docker, rig, flags)
  if (!theirs) return say(`no record  ${test.name}`)
  const mine = await buildCase(test, builders.ours, rig)
  const { unjustified, justified } = judge(test, theirs, mine, rig)
  const verdict = unjustified.length > 0 ? 'DIFFERENT' : justified.length > 0 ? 'justified' : 'same'
  counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  const both = theirs.kind === 'refused' && mine.kind === 'refused'
  say(
    `${verdict.padEnd(10)} ${test.name}${both ? ': refused by both' : ''} ${justified.join(', ')}`.trimEnd(),
  )
  for (const difference of unjustified) say(formatDifference(difference))
  if (both && flags.verbose) say(`--- docker\n${theirs.message}\n--- tsbuild\n${mine.message}`)
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      record: { type: 'boolean', default: false },
      'by-hand': { type: 'boolean', default: false },
      new: { type: 'boolean', default: false },
      recorded: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      cases: { type: 'string' },
      jobs: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(usage)
    return 0
  }
  const wanted = ({ name }: Case): boolean =>
    positionals.length === 0 ||
    positionals.some((word) => name === word || (word.endsWith('-') && name.startsWith(word)))
  const all = readCases(resolve(values.cases ?? join(import.meta.dirname, '../../fixtures/dockerfiles')))
  const cases = all.filter((test) => wanted(test) && !(values.new && readGolden(test)))
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-differential-'))
  const server = await startServer(join(work, 'contexts'))
  try {
    const base = makeBase(work)
    const docker = values.recorded || values['by-hand'] ? undefined : findDocker(work, base)
    if (!docker && !values.recorded && !values['by-hand']) {
      say('there is no docker to compare with (TSBUILD_PEERS)')
      return 2
    }
    const builders = { docker, ours: makeOurs(work, base) }
    await inParallel(cases, Number(values.jobs), async (test) =>
      runCase(test, builders, { work, base, server }, values).catch((error: unknown) => {
        counts.set('failed', (counts.get('failed') ?? 0) + 1)
        say(`FAILED     ${test.name}: ${String(error)}`)
      }),
    )
  } finally {
    server.close()
    removeBridge(work)
    // What the peers' mount of the directory holds on to stays.
    rmSync(work, { recursive: true, force: true, maxRetries: 3 })
  }
  say([...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', '))
  return counts.has('DIFFERENT') || counts.has('failed') ? 1 : 0
}

process.exitCode = await main()
