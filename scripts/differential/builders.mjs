// The two that are compared, with the same verbs.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const peers = process.env.TSBUILD_PEERS ?? new URL('../../../shared/lab/peers', import.meta.url).pathname
const program = process.env.TSBUILD_PROGRAM ?? new URL('../../bin/tsbuild', import.meta.url).pathname

const run = (argv, env) => {
  const [file, ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, ...env },
  })
  if (error) throw error
  return { status, output: `${stdout}${stderr}`.trim() }
}

const must = (argv, env) => {
  const { status, output } = run(argv, env)
  if (status !== 0) throw new Error(`${argv.join(' ')}: exit ${status}\n${output}`)
  return output
}

/** Every base is what docker has under that name; both tag the result with the name of the case. */
const verbs = (argv, env) => ({
  build: (context, name, options) =>
    run([...argv, 'build', '--no-cache', ...options, '-t', name, context], env),
  save: (name, path) => must([...argv, 'save', '-o', path, name], env),
  import: (path, name) => must([...argv, 'import', path, name], env),
  load: (path) => must([...argv, 'load', '-i', path], env),
})

export const ours = (directory) =>
  verbs([program], { TSBUILD_ROOT: `${directory}/store`, TSBUILD_RUN: `${directory}/run` })

/** Docker's default daemon and its BuildKit, or why there is none. */
export const findDocker = (directory) => {
  if (!existsSync(peers)) return { absent: `there is no ${peers} (TSBUILD_PEERS)` }
  if (spawnSync(peers, ['status']).status !== 0)
    return { absent: `${peers} status says that they are not up` }
  const docker = [...must([peers, 'prefix', directory]).trim().split(' '), 'docker']
  return { docker: { ...verbs(docker), forget: (names) => run([...docker, 'rmi', '-f', ...names]) } }
}
