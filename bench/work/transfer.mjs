// Registry and archives: an image of about 200 MB, half of which compresses. The registry is a process of our own.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeContext } from '../context.mjs'
import { must } from '../measure.mjs'
import { ours } from '../tools.mjs'

const size = 200 << 20
const host = `127.0.0.1:${20_000 + (process.pid % 20_000)}`
const program = [resolve('.cache/docker-registry'), '/usr/bin/docker-registry'].find((path) =>
  existsSync(path),
)

let registry
/** Starts the registry when it is first asked for. */
const startRegistry = (lab) => {
  if (registry) return
  if (!program) throw new Error('docker-registry is missing: run scripts/setup.sh test')
  const directory = join(lab.directory, 'registry')
  mkdirSync(directory)
  const config = `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${directory}/data } }\nhttp: { addr: ${host}, secret: known }\n`
  writeFileSync(join(directory, 'config.yml'), config)
  registry = spawn(program, ['serve', join(directory, 'config.yml')], { stdio: 'ignore' })
  must(['sh', '-c', `until curl -sf http://${host}/v2/ >/dev/null; do sleep 0.1; done`])
}

/** Ends it. */
export const stopRegistry = () => registry?.kill('SIGKILL')

/** Bytes that are new in each round: noise and text in turns, as programs and their documents. */
const fill = (lab, name) => {
  const context = writeContext(lab, name, `FROM ${lab.base}\nCOPY big* /\n`)
  const noise = randomBytes(1 << 20)
  const text = Buffer.alloc(1 << 20)
  for (let at = 0; at < 8; at++) {
    for (let i = 0; i < text.length; i += 16)
      text.write(`${(i * (at + 7)) % 99_991} of ${noise[i % 4096]}\n`.padEnd(16), i)
    const parts = Array.from({ length: size / 8 / (2 << 20) }, (_, i) => {
      noise.writeUInt32LE(i, 64)
      return [randomBytes(64), noise, text]
    })
    writeFileSync(join(context, `big${at}`), Buffer.concat(parts.flat()))
  }
  return context
}

const perform = ({ argv, env }) => must(argv, env)

/** Builds with a tool off the clock and returns the image's name. */
const built = (tool, what, { context, round }) => {
  const name = `${host}/${tool.name}-${what}:${round}`
  perform(tool.build(context, name))
  return name
}

let publisher
/** An image that no tool has, in the registry and as an archive, made in a store of its own. */
const published = (lab, round) => {
  if (!publisher) {
    const directory = join(lab.directory, 'publisher')
    mkdirSync(directory)
    publisher = ours(directory)
    publisher.importBase(lab.archive, lab.base)
  }
  const context = fill(lab, `published-${round}`)
  const name = built(publisher, `published-${Date.now()}`, { context, round })
  perform(publisher.push(name))
  const archive = join(lab.directory, `published-${round}.tar`)
  perform(publisher.save(name, archive))
  return { name, archive }
}

const common = { needs: 'push', prepare: startRegistry }
const own = { ...common, before: (lab, _, round) => ({ context: fill(lab, `own-${round}`), round }) }
const foreign = { ...common, before: (lab, _, round) => published(lab, round) }

export const transfer = [
  {
    ...own,
    name: 'push-200mb',
    ready: (tool, _, { turn }) => built(tool, 'push', turn),
    command: (tool, _, { ready }) => tool.push(ready),
  },
  {
    ...own,
    name: 'push-again',
    ready: (tool, _, { turn }) => {
      const name = built(tool, 'again', turn)
      perform(tool.push(name))
      return name
    },
    command: (tool, _, { ready }) => tool.push(ready),
  },
  {
    ...foreign,
    name: 'pull-and-run-200mb',
    command: (tool, _, { turn }) => tool.pullAndRun(turn.name, '/bin/true'),
  },
  {
    ...own,
    name: 'save-200mb',
    ready: (tool, _, { turn }) => built(tool, 'save', turn),
    command: (tool, lab, { ready, round }) =>
      tool.save(ready, join(lab.directory, `${tool.name}-${round}.tar`)),
  },
  {
    ...foreign,
    name: 'load-200mb',
    command: (tool, _, { turn }) => tool.load(turn.archive, turn.name),
  },
]
