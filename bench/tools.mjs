// The same few verbs for every tool: what each gets to do, as {argv, env}.
import { join } from 'node:path'
import { must } from './measure.mjs'

const bin = (name) => new URL(`../bin/${name}`, import.meta.url).pathname

/** Our programs, with a fresh store. */
export const ours = (directory) => {
  const env = { TSBUILD_ROOT: join(directory, 'store-ours'), TSBUILD_RUN: join(directory, 'run-ours') }
  return {
    name: 'tsbuild',
    importBase: (archive, name) => must([bin('tsbuild'), 'import', archive, name], env),
    build: (context, name) => ({ argv: [bin('tsbuild'), 'build', '-t', name, context], env }),
    run: (name, ...command) => ({ argv: [bin('tsrun'), '--rm', name, ...command], env }),
    start: (program, ...args) => ({ argv: [bin(program), ...args], env }),
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
    start: (_, ...args) => docker(...args),
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
    start: (_, ...args) => podman(...args),
  }
}
