// Runs commands one at a time: {argv, env}. Interrupting ends the one that runs and refuses those that come.
import { spawn } from 'node:child_process'

const longest = 30 * 60_000

const state = { current: undefined, interrupted: false, cleaning: 0 }

const endGroup = ({ pid }) => {
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // It has ended by itself.
  }
}

/** Ends what runs now; every later command is refused, but for those that put things back. */
export const interrupt = () => {
  state.interrupted = true
  if (!state.cleaning && state.current) endGroup(state.current)
}

/** Commands of `action` put things back: they run even after an interruption, and to their end. */
export const cleaning = async (action) => {
  state.cleaning++
  try {
    await action()
  } finally {
    state.cleaning--
  }
}

/** Whether to give up: commands fail because they were ended. */
export const isInterrupted = () => state.interrupted

/** `summary` is short and names no places. */
const failure = (argv, how, output) => {
  const error = new Error(`${argv.join(' ')}: ${how}\n${output.slice(-4000)}`.trim())
  return Object.assign(error, { summary: how })
}

/**
 * Runs one command to its end. `onStart(pid)` is called when it has started.
 * @returns {Promise<{output: string, ms: number}>} what it printed, and its wall time
 */
export const run = ({ argv, env }, onStart) => {
  if (state.interrupted && !state.cleaning) return Promise.reject(new Error('interrupted'))
  const [file, ...args] = argv
  return new Promise((resolve, reject) => {
    const printed = []
    const started = process.hrtime.bigint()
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: longest,
      // A group of its own: what a terminal sends reaches us alone.
      detached: true,
    })
    state.current = child
    onStart?.(child.pid)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk))
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      const ms = Number(process.hrtime.bigint() - started) / 1e6
      const done = () => {
        const output = Buffer.concat(printed).toString()
        if (code === 0) resolve({ output, ms })
        else reject(failure(argv, signal ?? `exit ${code}`, output))
      }
      // Whoever inherited the pipes may keep them open.
      const late = setTimeout(done, 2000)
      child.on('close', () => {
        clearTimeout(late)
        done()
      })
    })
  })
}

/** What a command prints; throws with that when the command fails. */
export const must = async (command) =>
  (await run(Array.isArray(command) ? { argv: command } : command)).output

const together = `
n=0; all=
while [ $((n += 1)) -le "$1" ]; do "$2" -c "$3" sh "$$-$n" & all="$all $!"; done
for each in $all; do wait "$each" || exit; done`

/**
 * The same command `count` times at once, ended when the last one has; fails when one of them does.
 * @param prefix  the first words of the command: entered once, for all of them
 * @param unique  this word is another one for each
 */
export const atOnce = (count, { argv, env }, prefix = [], unique = undefined) => {
  const words = argv.slice(prefix.length).map((word) => (word === unique ? '"$1"' : `'${word}'`))
  return { argv: [...prefix, 'sh', '-c', together, 'sh', String(count), 'sh', words.join(' ')], env }
}
