// buildah and podman: programs without a daemon, on the same kind of store.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atOnce, must } from '../command.mjs'

/** How the programs are called on a store below `directory`; temporary files lie there too (`prefix` says so). */
const programs = async (lab, directory) => {
  const { inside } = lab.peers
  const temporary = join(directory, 'tmp')
  await must(inside(['mkdir', '-p', temporary]))
  const store = ['--storage-driver', 'overlay', '--root', join(directory, 'store')]
  const places = [...store, '--runroot', join(directory, 'run')]
  const prefix = inside([`TMPDIR=${temporary}`])
  const on =
    (program) =>
    (...words) => ({ argv: [...prefix, program, ...places, ...words] })
  return { on, prefix }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** conmon starts a program that tidies up after the container, when podman itself has ended long ago. */
const untilUnused = async (directory) => {
  for (let turn = 0; turn < 300; turn++) {
    if (!processesNaming(directory)) return
    await sleep(100)
  }
}

const processesNaming = (word) =>
  readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(word)
    } catch {
      return false
    }
  })

/** What both do with images and containers; buildah has no verbs for some of it, then podman does it on its store. */
const commonVerbs = (program, podman, directory) => ({
  import: (archive, name) => podman('import', '-q', archive, name),
  push: (name) => program('push', '-q', '--tls-verify=false', name),
  pull: (name) => program('pull', '-q', '--tls-verify=false', name),
  run: (...words) => podman('run', '--rm', ...words),
  tag: (from, to) => program('tag', from, to),
  load: (file) => program('pull', '-q', `docker-archive:${file}`),
  pids: () => [],
  close: () => untilUnused(directory),
})

export const buildah = {
  name: 'buildah',
  where: 'peers',
  open: async (lab, directory) => {
    const { on } = await programs(lab, directory)
    const buildah = on('buildah')
    return {
      ...commonVerbs(buildah, on('podman'), directory),
      build: (context, name) => buildah('build', '-q', '--layers', '-t', name, context),
      save: (name, file) => buildah('push', '-q', name, `docker-archive:${file}:${name}`),
      saveOci: (name, file) => buildah('push', '-q', name, `oci-archive:${file}:${name}`),
    }
  },
}

export const podman = {
  name: 'podman',
  where: 'peers',
  open: async (lab, directory) => {
    const { on, prefix } = await programs(lab, directory)
    const podman = on('podman')
    return {
      ...commonVerbs(podman, podman, directory),
      build: (context, name) => podman('build', '-q', '-t', name, context),
      runMany: (count, ...words) => atOnce(count, podman('run', '--rm', ...words), prefix),
      save: (name, file) => podman('save', '-q', '-o', file, name),
      saveOci: (name, file) => podman('save', '-q', '--format', 'oci-archive', '-o', file, name),
      load: (file) => podman('load', '-q', '-i', file),
      images: () => podman('images'),
      df: () => podman('system', 'df'),
      pruneImages: () => podman('image', 'prune', '-a', '-f'),
    }
  },
}
