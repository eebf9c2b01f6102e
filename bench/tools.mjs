// The same few verbs for every tool: what each gets to do, as {argv, env}.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './measure.mjs'

const bin = (name) => new URL(`../bin/${name}`, import.meta.url).pathname

/** A command that runs another `count` times at once, where `prefix` enters; $n is another number for each. */
const atOnce = (count, { argv, env }, prefix = []) => {
  const script = 'i=0; while [ $((i += 1)) -le "$1" ]; do n=$$-$i "$2" -c "$3" & done; wait'
  const words = argv.slice(prefix.length).map((word) => (word.includes('$n') ? word : `'${word}'`))
  return { argv: [...prefix, 'sh', '-c', script, 'sh', String(count), 'sh', words.join(' ')], env }
}

/** Our programs, with a fresh store. */
export const ours = (directory) => {
  const env = { TSBUILD_ROOT: join(directory, 'store-ours'), TSBUILD_RUN: join(directory, 'run-ours') }
  const run = (name, ...command) => ({ argv: [bin('tsrun'), '--rm', name, ...command], env })
  return {
    name: 'tsbuild',
    importBase: (archive, name) => must([bin('tsbuild'), 'import', archive, name], env),
    build: (context, name) => ({ argv: [bin('tsbuild'), 'build', '-t', name, context], env }),
    run,
    runMany: (count, ...words) => atOnce(count, run(...words)),
    start: (program, ...args) => ({ argv: [bin(program), ...args], env }),
    push: (name) => ({ argv: [bin('tsbuild'), 'push', '-q', name], env }),
    pullAndRun: (name, ...command) => run(name, ...command),
    save: (name, file) => ({ argv: [bin('tsbuild'), 'save', '-o', file, name], env }),
    load: (file) => ({ argv: [bin('tsbuild'), 'load', '-i', file], env }),
  }
}

/** docker's default daemon and its BuildKit; `prefix` enters where it lives. */
export const docker = (prefix) => {
  const made = new Set()
  const docker = (...args) => ({ argv: [...prefix, 'docker', ...args] })
  return {
    name: 'docker',
    importBase: (archive, name) => {
      made.add(name)
      must(docker('import', archive, name).argv)
    },
    build: (context, name) => {
      made.add(name)
      return docker('build', '-q', '-t', name, context)
    },
    run: (name, ...command) => docker('run', '--rm', name, ...command),
    runMany: (count, name, ...command) => atOnce(count, docker('run', '--rm', name, ...command), prefix),
    start: (_, ...args) => docker(...args),
    push: (name) => docker('push', '-q', name),
    pullAndRun: (name, ...command) => {
      made.add(name)
      return docker('run', '--rm', '-q', name, ...command)
    },
    save: (name, file) => docker('save', '-o', file, name),
    load: (file, name) => {
      made.add(name)
      return docker('load', '-q', '-i', file)
    },
    forget: () => {
      for (const name of made)
        must(['sh', '-c', '"$@" >/dev/null 2>&1 || :', 'sh', ...docker('rmi', '-f', name).argv])
    },
  }
}

/** buildah builds and podman runs, both on one fresh store. */
export const buildah = (prefix, directory) => {
  const store = ['--root', join(directory, 'store-buildah'), '--runroot', join(directory, 'run-buildah')]
  const podman = (...args) => ({ argv: [...prefix, 'podman', ...store, ...args] })
  return {
    name: 'buildah',
    importBase: (archive, name) => must(podman('import', '-q', archive, name).argv),
    build: (context, name) => ({
      argv: [...prefix, 'buildah', ...store, 'build', '-q', '--layers', '-t', name, context],
    }),
    run: (name, ...command) => podman('run', '--rm', name, ...command),
    runMany: (count, name, ...command) => atOnce(count, podman('run', '--rm', name, ...command), prefix),
    start: (_, ...args) => podman(...args),
    push: (name) => podman('push', '-q', '--tls-verify=false', name),
    pullAndRun: (name, ...command) => podman('run', '--rm', '-q', '--tls-verify=false', name, ...command),
    save: (name, file) => podman('save', '-q', '-o', file, name),
    load: (file) => podman('load', '-q', '-i', file),
  }
}

/** An OCI runtime on a bare bundle: no image, no store, no network. `program` runs where `prefix` enters. */
export const bareRuntime = (name, prefix, program, directory) => {
  const bundle = join(directory, `bundle-${name}`)
  const state = join(directory, `state-${name}`)
  const run = (id) => ({ argv: [...prefix, program, '--root', state, 'run', '--bundle', bundle, id] })
  return {
    name,
    importBase: (archive) => {
      mkdirSync(join(bundle, 'rootfs'), { recursive: true })
      must(['tar', '-C', join(bundle, 'rootfs'), '-xf', archive])
      must([bin('tsrunc'), 'spec', '--bundle', bundle])
      const file = join(bundle, 'config.json')
      const spec = JSON.parse(readFileSync(file, 'utf8'))
      spec.process = { ...spec.process, terminal: false, args: ['/bin/true'], rlimits: [] }
      writeFileSync(file, JSON.stringify(spec))
    },
    run: () => run('alone'),
    runMany: (count) => atOnce(count, run('$n'), prefix),
    start: (_, ...args) => ({ argv: [...prefix, program, ...args] }),
  }
}

export const tsrunc = (directory) => bareRuntime('tsrunc', [], bin('tsrunc'), directory)
