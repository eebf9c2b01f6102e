import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Names, settle } from './settle.ts'
import type { Answer, Runner, Sequence } from './types.ts'

/** Name of the image that all sequences use as `$I`. */
export const imageName = 'conformance-box:1'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const shell = (script: string, cwd: string, env: Names): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', script], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what hangs is ended with all that it started.
      detached: true,
    })
    const { pid } = child
    const timer = setTimeout(() => pid !== undefined && process.kill(-pid, 'SIGKILL'), 30_000)
    const texts = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? -1, ...texts })
    })
  })

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

const define = (name: string, argv: readonly string[]): string =>
  `${name}() { ${argv.map(quoted).join(' ')} "$@"; }\n`

/** `D` is the program: a step of verbs is given to it, one that starts with `!` is for the shell. `B` has the verbs of images. */
const scriptOf = (step: string, runner: Runner, cwd: string): string =>
  define('D', runner.argv(cwd)) +
  define('B', runner.imagesArgv(cwd)) +
  (step.startsWith('!') ? step.slice(1) : `D ${step}`)

const freshNames = (): Names => {
  const tail = randomBytes(5).toString('hex')
  return Object.fromEntries(
    ['N', 'M', 'O', 'V', 'U', 'T', 'X', 'Y'].map((name) => [name, `${name.toLowerCase()}q${tail}`]),
  )
}

/** What may be left of a sequence goes: containers, networks, volumes, an image. */
const clean = (steps: readonly string[], runner: Runner, cwd: string, names: Names): Promise<Ended> => {
  const uses = (verb: string, ...variables: readonly string[]): string => {
    const used = variables.filter((variable) => steps.some((step) => step.includes(`$${variable}`)))
    return used.length === 0 ? '' : `${verb} ${used.map((variable) => `$${variable}`).join(' ')};`
  }
  const words = [
    uses('D rm -f -v', 'N', 'M', 'O'),
    uses('D network rm -f', 'X', 'Y'),
    uses('D volume rm -f', 'V', 'U'),
    uses('B rmi -f', 'T'),
  ]
  return shell(scriptOf(`!${words.join(' ')}`, runner, cwd), cwd, names)
}

/** Gives a sequence to one program, in a directory of its own below `work`. `seen` is shown what it said, as it is. */
export const runSequence = async (
  { steps, area, name }: Sequence,
  runner: Runner,
  work: string,
  seen: (step: string, ended: Ended) => void = () => undefined,
): Promise<readonly Answer[]> => {
  const cwd = mkdtempSync(join(work, `${area}-`))
  const names = { ...freshNames(), W: cwd, I: imageName }
  const answers: Answer[] = []
  try {
    for (const step of steps) {
      const ended = await shell(scriptOf(step, runner, cwd), cwd, names)
      seen(step, ended)
      if (ended.code === -1) throw new Error(`${area}/${name}: does not end: ${step}`)
      answers.push({
        step,
        code: ended.code,
        stdout: settle(ended.stdout, names),
        stderr: ended.stderr !== '',
      })
    }
  } finally {
    await clean(steps, runner, cwd, names)
    rmSync(cwd, { recursive: true, force: true, maxRetries: 3 })
  }
  return answers
}
