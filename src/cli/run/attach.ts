import {
  type AttachEnd,
  attachContainer,
  type Container,
  detachKeysOf,
  killContainer,
  openContainerStore,
  recordEvent,
  waitContainer,
} from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { forwardSignals } from './forward-signals.ts'
import { parseSwitch } from './parse-values.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly detachKeys?: string
  /** commander's name of --no-stdin: false when it is given. */
  readonly stdin: boolean
  readonly sigProxy?: string
}

/** `tsrun attach [OPTIONS] CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('attach', argv, cli, (command) =>
    command
      .description('Connect the terminal with a running container')
      .argument('<container>', 'name or id')
      .option('--detach-keys <keys>', 'keys that leave it alone (default: ctrl-p,ctrl-q)')
      .option('--no-stdin', 'pass nothing that is typed')
      .option('--sig-proxy <bool>', 'pass signals on to the container (default: true)'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  return attachTo(openContainerStore(cli.root).find(args[0] ?? ''), cli, {
    stdin: options.stdin,
    detachKeys: detachKeysOf(options.detachKeys),
    proxy: parseSwitch('attach', '--sig-proxy', options.sigProxy),
  })
}

/** Stays with a running container until it ends, and gives its exit code; 1 when it was left before. */
export const attachTo = async (
  container: Container,
  cli: CliContext,
  {
    stdin,
    detachKeys,
    proxy,
  }: { readonly stdin: boolean; readonly detachKeys: string; readonly proxy: boolean },
): Promise<number> => {
  const leaving = new AbortController()
  using signals = forwardSignals()
  signals.to({
    send: (name) => {
      // The helper in our terminal sees to its size itself.
      if (name === 'SIGWINCH') return
      if (proxy) killContainer(container, name)
      else leaving.abort()
    },
    leave: () => leaving.abort(),
  })
  // Begun before: a --rm container is gone when it has ended.
  const ended = waitContainer(container, { condition: 'next-exit', signal: leaving.signal }).catch(
    () => undefined,
  )
  const tell = (action: string): void =>
    recordEvent(openContainerStore(cli.root).journal, container.record, action)
  let end: AttachEnd | undefined
  try {
    tell('attach')
    end = await attachContainer(container, { stdin, detachKeys, signal: leaving.signal })
  } finally {
    // Waiting keeps this process alive.
    if (end !== 'container-ended') leaving.abort()
  }
  if (end === 'detached') {
    tell('detach')
    if (stdin) cli.stderr.write('read escape sequence\n')
    return 1
  }
  return (await ended)?.exitCode ?? 0
}
