import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { useNativeBinary } from '../../src/foundation/native/index.ts'
import { createRandom } from '../chaos/random.ts'
import { keep } from './corpus.ts'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'
import { checkUnpacked } from './unpack.ts'

const usage = `usage: npm run fuzz -- [--minutes N] [--seed N] [--target NAME] [--keep] [--no-unpack]
Gives mutated inputs to the readers of what comes from outside. Whatever the bytes, they end soon, use little memory, refuse with an
error that has a code, or give something that is what its type says. Some of the layers that are accepted are unpacked.
  --minutes N    (1) for every target
  --seed N       chooses the mutations (the time)
  --target NAME  ${targets.map(({ name }) => name).join(', ')} (all)
  --keep         keep inputs with a new outcome in fixtures/fuzz; those that break something are always kept
  --no-unpack    needs neither root nor the helper
Exit 1: something broke.`

/** Milliseconds for one input, before it is taken for endless. */
const maxSilence = 20_000
const maxInput = 1 << 20

interface Job {
  readonly target: string
  readonly seed: number
  readonly minutes: number
  readonly keep: boolean
  readonly unpack: boolean
  /** Number of the input, its length, its bytes. */
  readonly current: SharedArrayBuffer
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The work is done in a thread, so that one that never ends can be told and its input kept. */
const runJob = (job: Omit<Job, 'current'>): Promise<number> =>
  new Promise((resolve, reject) => {
    const current = new SharedArrayBuffer(8 + maxInput)
    const state = new Int32Array(current, 0, 2)
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { ...job, current } })
    let last = -1
    const watch = setInterval(() => {
      const now = Atomics.load(state, 0)
      if (now !== last) {
        last = now
        return
      }
      const input = Buffer.from(Buffer.from(current, 8, Atomics.load(state, 1)))
      say(`BUG ${job.target}: does not end: ${keep(job.target, input, true)}`)
      void worker.terminate()
      resolve(1)
    }, maxSilence)
    worker.on('message', (message: string | number) => {
      if (typeof message === 'string') say(message)
      else resolve(message)
    })
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(watch))
  })

const work = async (job: Job): Promise<number> => {
  const target = targets.find(({ name }) => name === job.target)
  if (!target) throw new Error(`no target ${job.target}`)
  useNativeBinary(join(import.meta.dirname, '../../native/build/tsbuild-native'))
  const state = new Int32Array(job.current, 0, 2)
  const bytes = Buffer.from(job.current, 8)
  return fuzz(target, {
    random: createRandom(job.seed),
    until: Date.now() + job.minutes * 60_000,
    keepNew: job.keep,
    say: (text) => parentPort?.postMessage(text),
    before: (input) => {
      Atomics.store(state, 1, input.copy(bytes))
      Atomics.add(state, 0, 1)
    },
    ...(job.target === 'tar' && job.unpack ? { sample: checkUnpacked } : {}),
  })
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      target: { type: 'string' },
      keep: { type: 'boolean', default: false },
      'no-unpack': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name)
  if (values.help || chosen.length === 0) {
    say(usage)
    return values.help ? 0 : 2
  }
  say(`seed ${values.seed}`)
  let bugs = 0
  for (const { name } of chosen)
    bugs += await runJob({
      target: name,
      seed: Number(values.seed),
      minutes: Number(values.minutes),
      keep: values.keep,
      unpack: !values['no-unpack'],
    })
  return bugs > 0 ? 1 : 0
}

if (isMainThread) process.exitCode = await main()
else parentPort?.postMessage(await work(workerData as Job))
