import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
}

export interface DockerRegistryOptions {
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** A line of htpasswd, with bcrypt. */
  readonly user?: string
}

/** Where `scripts/setup.sh test` puts it; undefined when it is nowhere. */
export const dockerRegistryProgram = (): string | undefined =>
  [resolve('.cache/docker-registry'), '/usr/bin/docker-registry'].find((path) => existsSync(path))

/** Debian's docker-registry on this machine's loopback, its files in a directory that goes with it. */
export const startDockerRegistry = async (options: DockerRegistryOptions = {}): Promise<DockerRegistry> => {
  const program = dockerRegistryProgram()
  if (program === undefined) throw new Error('docker-registry is missing: run scripts/setup.sh test')
  const directory = mkdtempSync(join(tmpdir(), 'docker-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  writeFileSync(join(directory, 'users'), `${options.user ?? ''}\n`)
  writeFileSync(join(directory, 'config.yml'), configOf(directory, host, options))
  const child = spawn(program, ['serve', join(directory, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4000)
  })
  await untilItListens(host, child, () => said)
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((done) => child.once('exit', done))
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await gone
      }
      rmSync(directory, { recursive: true })
    },
  }
}

const configOf = (directory: string, host: string, { tls, user }: DockerRegistryOptions): string =>
  [
    'version: 0.1',
    'log: { level: error }',
    'storage:',
    `  filesystem: { rootdirectory: ${join(directory, 'data')} }`,
    '  delete: { enabled: true }',
    'http:',
    `  addr: ${host}`,
    '  secret: known',
    ...(tls ? ['  tls:', `    certificate: ${tls.cert}`, `    key: ${tls.key}`] : []),
    ...(user === undefined
      ? []
      : ['auth:', `  htpasswd: { realm: test, path: ${join(directory, 'users')} }`]),
    '',
  ].join('\n')

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

const untilItListens = async (host: string, child: ChildProcess, said: () => string): Promise<void> => {
  const { connect } = await import('node:net')
  const port = Number(host.split(':')[1])
  for (;;) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${said()}`)
    const isOpen = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        done(true)
      })
      socket.once('error', () => done(false))
    })
    if (isOpen) return
    await sleep(20)
  }
}
