// A registry of our own for one work, and somebody who publishes images there for others to pull.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command.mjs'
import { tsbuild } from './tools/tsbuild.mjs'

/** Where the program may be: setup.sh puts it into the first. */
export const registryPlaces = [
  new URL('../.cache/docker-registry', import.meta.url).pathname,
  '/usr/bin/docker-registry',
]

const config = (host, directory) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${directory}/data } }
http: { addr: ${host}, secret: known }
`

/** Starts a registry on the file system of the inputs; it ends with the work. Returns its `host:port`. */
export const startRegistry = async (lab) => {
  const program = registryPlaces.find(existsSync)
  if (!program) throw new Error('docker-registry is missing: run scripts/setup.sh test')
  const host = `127.0.0.1:${20_000 + ((process.pid + 7 * lab.counter()) % 20_000)}`
  const directory = join(lab.inputs, 'registry')
  mkdirSync(directory)
  writeFileSync(join(directory, 'config.yml'), config(host, directory))
  const server = spawn(program, ['serve', join(directory, 'config.yml')], { stdio: 'ignore' })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  lab.defer(async () => {
    server.kill('SIGKILL')
    await ended
  })
  const ready = `i=0; until curl -sf http://${host}/v2/ >/dev/null; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done`
  await must(['sh', '-c', ready])
  return host
}

/** Our programs on a store of their own beside the registry, with these bases; `publish(context, name)` builds and pushes. */
export const openPublisher = async (lab, bases = ['busybox']) => {
  const store = await tsbuild.open(lab, join(lab.inputs, 'publisher'))
  lab.defer(store.close)
  for (const { archive, name } of bases.map((base) => lab.bases[base]))
    await must(store.import(archive, name))
  const publish = async (context, name) => {
    await must(store.build(context, name))
    await must(store.push(name))
  }
  return { ...store, publish }
}

/** The registry with Debian in it, as an image that a Dockerfile can begin with. */
export const startRegistryWithDebian = async (lab) => {
  const host = await startRegistry(lab)
  const publisher = await openPublisher(lab, ['debian'])
  const base = `${host}/debian:bookworm`
  await must(publisher.tag(lab.bases.debian.name, base))
  await must(publisher.push(base))
  return { host, publisher, base }
}
