import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removeBridge } from '../differential/builders.ts'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { importImage, makeLab } from './lab.ts'
import { runStorm } from './run-storm.ts'

const usage = `usage: npm run chaos -- [--containers N] [--seed N] [--jobs N] [--keep] [--verbose]
Starts containers of every kind and kills them, their monitors and tsrun itself in the middle of things. Then nothing may be there
but what "tsrun ps -a" shows, and after "tsrun rm -f" of all the machine must be as it was: mounts, cgroups, interfaces, rules,
processes, namespaces, files of the store and the run directory.
  --containers N  (100)
  --seed N        chooses what happens (the time)
  --jobs N        at the same time (6)
  --keep          leave the store
Exit 1: something was left, or a command gave an answer that it should not.`

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      containers: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      jobs: { type: 'string', default: '6' },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(usage)
    return 0
  }
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-chaos-'))
  const lab = makeLab(join(work, 'store'), join(work, 'run'), work)
  const { containers, seed, jobs } = values
  say(`seed ${seed}, store ${lab.root}`)
  try {
    using busybox = makeBusyboxRoot()
    const tar = join(work, 'busybox.tar')
    execFileSync('tar', ['-C', busybox.path, '--numeric-owner', '-cf', tar, '.'])
    importImage(lab, tar, 'busybox')
    const started = Date.now()
    const verdict = await runStorm(lab, {
      image: 'busybox',
      containers: Number(containers),
      seed: Number(seed),
      jobs: Number(jobs),
      say: values.verbose ? say : () => undefined,
    })
    const seconds = ((Date.now() - started) / 1000).toFixed(1)
    for (const text of verdict.surprises) say(`SURPRISE ${text}`)
    for (const text of verdict.strays) say(`STRAY ${text}`)
    for (const text of verdict.changes) say(`CHANGED ${text}`)
    const bad = verdict.surprises.length + verdict.strays.length + verdict.changes.length
    say(`${verdict.containers} containers were left by the storm; ${bad} findings; ${seconds} s`)
    return bad === 0 ? 0 : 1
  } finally {
    if (!values.keep) {
      await lab.tsrun(['network', 'rm', '-f', 'chaos-a', 'chaos-b'])
      removeBridge(work)
      rmSync(work, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

process.exitCode = await main()
