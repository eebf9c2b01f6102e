import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBase } from '../differential/base.ts'
import { removeBridge } from '../differential/builders.ts'
import { inParallel } from '../differential/in-parallel.ts'
import { formatDifference, judge } from './compare.ts'
import { type Golden, readGolden, recordedAnswers, writeGolden } from './golden.ts'
import { readSequences } from './read-sequences.ts'
import { imageName, runSequence } from './run-sequence.ts'
import { findDocker, makeOurs } from './runners.ts'
import type { Answer, Runner, Sequence } from './types.ts'

const usage = `usage: npm run conformance -- [options] [AREA | AREA/NAME]...
Gives the sequences of fixtures/conformance to docker and to tsrun and compares what a script sees.
  --record     write docker's answers to AREA.json
  --new        only sequences without recorded answers
  --recorded   take docker's answers from AREA.json instead of asking it
  --verbose    show what tsrun (with --record: docker) says
  --jobs N     sequences at the same time (default 3)
Exit 1: there are differences that nothing justifies. Exit 2: there is no docker.`

const say = (text: string): void => void process.stdout.write(`${text}\n`)

interface Flags {
  readonly record: boolean
  readonly recorded: boolean
  readonly verbose: boolean
  readonly jobs: string
}

const show = (
  step: string,
  ended: { readonly code: number; readonly stdout: string; readonly stderr: string },
): void => say(`$ ${step}\n${ended.stdout}${ended.stderr}[${ended.code}]`)

/** Docker's answers to all sequences, by AREA/NAME. */
const record = async (
  sequences: readonly Sequence[],
  docker: Runner,
  work: string,
  flags: Flags,
): Promise<ReadonlyMap<Sequence, readonly Answer[]>> => {
  const answers = new Map<Sequence, readonly Answer[]>()
  await inParallel(sequences, Number(flags.jobs), async (sequence) => {
    const seen = flags.verbose && flags.record ? show : undefined
    answers.set(sequence, await runSequence(sequence, docker, work, seen))
  })
  return answers
}

/** Recorded answers of sequences that are no more go. */
const save = (
  all: readonly Sequence[],
  fresh: ReadonlyMap<Sequence, readonly Answer[]>,
  name: string,
): void => {
  for (const area of new Set([...fresh.keys()].map((sequence) => sequence.area))) {
    const old = readGolden(area)
    const answers: Golden['answers'] = Object.fromEntries(
      all
        .filter((sequence) => sequence.area === area)
        .flatMap((sequence) => {
          const found = fresh.get(sequence) ?? old.answers[sequence.name]
          return found ? [[sequence.name, found] as const] : []
        }),
    )
    writeGolden(area, { recorded: name, answers })
  }
}

const counts = new Map<string, number>()

const count = (verdict: string): void => void counts.set(verdict, (counts.get(verdict) ?? 0) + 1)

const compare = async (
  sequence: Sequence,
  theirs: readonly Answer[] | undefined,
  ours: Runner,
  work: string,
  flags: Flags,
): Promise<void> => {
  if (!theirs) return say(`no record  ${sequence.area}/${sequence.name}`)
  const mine = await runSequence(sequence, ours, work, flags.verbose ? show : undefined)
  const { unjustified, justified, stale } = judge(sequence, theirs, mine)
  const verdict = unjustified.length > 0 ? 'DIFFERENT' : justified.length > 0 ? 'justified' : 'same'
  count(verdict)
  say(`${verdict.padEnd(10)} ${sequence.area}/${sequence.name} ${justified.join(', ')}`.trimEnd())
  for (const difference of unjustified) say(`  ${formatDifference(difference)}`)
  for (const id of stale) say(`  no difference any more: ${id}`)
}

const readFlags = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      record: { type: 'boolean', default: false },
      recorded: { type: 'boolean', default: false },
      new: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  })

const main = async (): Promise<number> => {
  const { values, positionals } = readFlags()
  if (values.help) {
    say(usage)
    return 0
  }
  const all = readSequences()
  const sequences = all.filter(
    (one) =>
      (positionals.length === 0 ||
        positionals.includes(one.area) ||
        positionals.includes(`${one.area}/${one.name}`)) &&
      !(values.new && recordedAnswers(readGolden(one.area), one)),
  )
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-conformance-'))
  try {
    const base = makeBase(work, imageName)
    let answers: ReadonlyMap<Sequence, readonly Answer[]> | undefined
    if (!values.recorded) {
      using docker = findDocker(work, base)
      if (!docker) {
        say('there is no docker to compare with (TSBUILD_PEERS)')
        return 2
      }
      answers = await record(sequences, docker, work, values)
      if (values.record) save(all, answers, docker.name)
    }
    const ours = makeOurs(join(work, 'store'), join(work, 'run'), base)
    await inParallel(sequences, Number(values.jobs), (sequence) =>
      compare(
        sequence,
        answers ? answers.get(sequence) : recordedAnswers(readGolden(sequence.area), sequence),
        ours,
        work,
        values,
      ),
    )
  } finally {
    removeBridge(work)
    rmSync(work, { recursive: true, force: true, maxRetries: 3 })
  }
  say([...counts].map(([verdict, number]) => `${number} ${verdict}`).join(', '))
  return counts.has('DIFFERENT') ? 1 : 0
}

process.exitCode = await main()
