import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runAtCalls } from './run-at-calls.ts'
import { runCrashes } from './run-crashes.ts'
import { makeWorld, must } from './world.ts'

const usage = `usage: npm run crash -- [--kills N] [--minutes N] [--seed N] [--workers N] [--every N] [--keep]
Gives random commands from several processes to one store and kills them in the middle with SIGKILL. Again and again it stops, and
then the store must be whole: "tsbuild fsck" finds nothing, names lead to the images that they should, and one prune leaves nothing
that a second one would free. At the end everything is removed, and the store must be empty.
  --kills N     (1000) 0 kills nobody: only commands side by side, for --minutes
  --minutes N   (10)
  --seed N      chooses what happens (the time)
  --workers N   at the same time (4)
  --every N     kills between two looks, or seconds without kills (50)
  --keep        leave the store
  --at-calls N  instead: kill each of twenty commands just before N of the system calls by which it changes something (0: before all
                of them), on a fresh copy of one store each time; needs strace. A kill takes 4 to 9 seconds with what is looked at
                after it, and run-again has 254 such calls: all of them take half an hour, those of every command many
  --command C   only this of those commands (repeatable)
Exit 1: something was lost, false or left over.`

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '1000' },
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      workers: { type: 'string', default: '4' },
      every: { type: 'string', default: '50' },
      'at-calls': { type: 'string' },
      command: { type: 'string', multiple: true },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(usage)
    return 0
  }
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-crash-'))
  say(`seed ${values.seed}, in ${work}`)
  await using world = await makeWorld(work, 6, Number(values.workers))
  let failed = true
  try {
    const atCalls = values['at-calls']
    const verdict =
      atCalls === undefined
        ? await runCrashes(world, {
            kills: Number(values.kills),
            minutes: Number(values.minutes),
            seed: Number(values.seed),
            workers: Number(values.workers),
            every: Number(values.every),
            say,
          })
        : await runAtCalls(world, {
            seed: Number(values.seed),
            moments: Number(atCalls),
            only: values.command,
            say,
          })
    for (const problem of verdict.problems) say(`PROBLEM ${problem}`)
    say(`${verdict.kills} killed, ${verdict.problems.length} problems`)
    failed = verdict.problems.length > 0
    return failed ? 1 : 0
  } finally {
    const left = (await must(world, 'tsrun', 'ps', '-aq').catch(() => '')).split('\n').filter(Boolean)
    if (!failed && left.length > 0) await must(world, 'tsrun', 'rm', '-f', ...left)
    if (!failed && !values.keep) rmSync(work, { recursive: true, force: true })
  }
}

process.exitCode = await main()
