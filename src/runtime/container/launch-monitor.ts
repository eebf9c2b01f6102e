import { Duplex } from 'node:stream'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import {
  type HelperEvent,
  NativeError,
  parseHelperEvent,
  spawnNative,
} from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ContainerError, monitorKilled } from './errors.ts'
import type { AttachStream, PortMapping } from './types.ts'

export interface MonitorOptions {
  readonly dir: HostPath
  /** Stays when this process ends; its stdio goes nowhere but the log. */
  readonly detached: boolean
  readonly interactive: boolean
  /** Our standard input is passed on; foreground only. */
  readonly ownInput: boolean
  /** Those of our outputs that are connected, foreground only; none when absent. */
  readonly outputs?: readonly AttachStream[]
  readonly ports: readonly PortMapping[]
  /** How many of our descriptors, from 3 on, it gets from 4 on; none when absent. */
  readonly preserved?: number
  /** Options about its life: log, restarts, health check (`lifeArguments`). */
  readonly life: readonly string[]
  /** --rm: what is removed at the very end with the names, and where it is moved to. */
  readonly removal?: {
    readonly trash: HostPath
    readonly directories: readonly HostPath[]
  }
}

/** A container that runs under its monitor. */
export interface Launched {
  readonly warnings: readonly string[]
  /**
   * Resolves with docker's exit code when the container has ended, or goes on in the background: 0 when the keys to detach were
   * typed, else it was told to start again. Foreground only.
   */
  readonly ended: Promise<number>
  /** Passes a signal on to the container; SIGWINCH makes the terminal follow ours. Foreground only. */
  signal(name: NodeJS.Signals): void
  /** The container goes on in the background; `ended` resolves with 0. Foreground only. */
  leave(): void
}

/**
 * Starts the monitor of a container whose files are written. Resolves when the program runs. Rejects with
 * `start-failed` (exit code 126, 127), `port-in-use` or `NativeError` when it does not; nothing runs then.
 */
export const launchMonitor = (options: MonitorOptions): Promise<Launched> =>
  new Promise((resolve, reject) => {
    const output = (stream: AttachStream): 'ignore' | 'inherit' =>
      !options.detached && options.outputs?.includes(stream) ? 'inherit' : 'ignore'
    const child = spawnNative('monitor', monitorArguments(options), {
      stdio: [
        options.detached ? 'ignore' : 'inherit',
        output('stdout'),
        output('stderr'),
        'pipe',
        ...Array.from({ length: options.preserved ?? 0 }, (_, i) => 3 + i),
      ],
    })
    const control = child.stdio[3]
    const warnings: string[] = []
    let leave: (code: number) => void = () => undefined
    const ended = new Promise<number>((end) => {
      leave = end
      child.once('exit', (code) => end(code ?? 137))
    })
    child.once('error', (error) => reject(spawnFailure(error)))
    if (!(control instanceof Duplex)) return
    let settled = false
    const settle = (finish: () => void): void => {
      if (settled) return
      settled = true
      finish()
    }
    const onEvent = (event: HelperEvent): void => {
      if (event.event === 'warning') warnings.push(event.message)
      else if (event.event === 'error') settle(() => reject(startFailure(event)))
      else if (event.event === 'detached') {
        child.unref()
        control.destroy()
        leave(event.code)
      } else if (event.event === 'started') {
        settle(() => {
          if (options.detached) control.destroy()
          resolve({
            warnings,
            ended,
            signal: (name) => void child.kill(name),
            leave: () => void control.write('d'),
          })
        })
      }
    }
    let rest = ''
    control.setEncoding('utf8')
    control.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onEvent(parseHelperEvent(line))
    })
    control.on('error', () => undefined)
    control.once('close', () => settle(() => reject(monitorKilled())))
  })

/** The words behind `monitor`. */
export const monitorArguments = (options: MonitorOptions): readonly string[] => [
  '--dir',
  options.dir,
  ...(options.detached ? ['--detach'] : []),
  ...(options.interactive ? ['--interactive'] : []),
  ...options.ports.flatMap(listenersOf).flatMap((listener) => ['--publish', listener]),
  ...(options.ownInput ? ['--own-input'] : []),
  ...(options.preserved ? ['--preserve', String(options.preserved)] : []),
  ...options.life,
  ...(options.removal
    ? [
        '--trash',
        options.removal.trash,
        ...options.removal.directories.flatMap((path) => ['--discard', path]),
      ]
    : []),
]

/** Without an address both protocols' wildcards; the monitor gives the pair one port. */
const listenersOf = (mapping: PortMapping): readonly string[] => {
  const { protocol, hostAddress, hostPort, lastHostPort, containerPort } = mapping
  const ports = lastHostPort === undefined ? hostPort : `${hostPort}-${lastHostPort}`
  return (hostAddress === undefined ? ['0.0.0.0', '::'] : [hostAddress]).map(
    (address) => `${protocol},${address},${ports},${containerPort}`,
  )
}

const spawnFailure = (error: Error): AppError =>
  new AppError('native-missing', `start the helper: ${errnoOf(error) ?? error.message}`, {
    exitCode: exitCode.engine,
    cause: error,
  })

/** What an `error` of the monitor means. */
export const startFailure = (event: HelperEvent & { readonly event: 'error' }): AppError => {
  const { step, errno, arg } = event
  if (step === 'listen') return portFailure(errno, arg)
  if (step !== 'exec') return new NativeError(event)
  const missing = errno === 'ENOENT' || errno === 'ENOTDIR'
  return new ContainerError(
    'start-failed',
    `run ${JSON.stringify(arg)} in the container: ${event.text.toLowerCase()}`,
    {
      exitCode: missing ? exitCode.notFound : exitCode.notExecutable,
      hint: missing
        ? 'check the name of the program, or of the interpreter in its first line, and PATH in the image'
        : 'check its mode, and that it is made for this machine',
    },
  )
}

/** `arg` is `tcp 0.0.0.0 8081`. */
const portFailure = (errno: string, arg: string): ContainerError => {
  const [protocol = '', address = '', port = ''] = arg.split(' ')
  const details = { protocol, address, port: Number(port) }
  if (errno === 'EADDRINUSE') {
    return new ContainerError(
      'port-in-use',
      `publish port ${port}/${protocol}: port ${port} is already in use`,
      {
        exitCode: exitCode.engine,
        details,
      },
    )
  }
  const why = errno === 'EADDRNOTAVAIL' ? `this machine has no address ${address}` : errno
  return new ContainerError('port-in-use', `publish port ${address}:${port}/${protocol}: ${why}`, {
    exitCode: exitCode.engine,
    details,
  })
}
