import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { createPlainView } from './plain.ts'
import { createRawJsonView } from './raw-json.ts'
import type { ProgressView } from './view.ts'

export const progressKinds = ['auto', 'plain', 'tty', 'quiet', 'none', 'rawjson'] as const
export type ProgressKind = (typeof progressKinds)[number]

/** `auto` is `tty` on a terminal and `plain` elsewhere. The terminal view is loaded only when it is shown. */
export const chooseView = async (kind: ProgressKind, cli: CliContext): Promise<ProgressView> => {
  const chosen = kind === 'auto' ? (cli.stderr.isTTY && !cli.env['CI'] ? 'tty' : 'plain') : kind
  switch (chosen) {
    case 'tty':
      if (!cli.stderr.isTTY) {
        throw new AppError('no-terminal', 'show progress as tty: standard error is not a terminal', {
          exitCode: exitCode.usage,
          hint: 'use --progress=plain',
        })
      }
      return (await import('./terminal.ts')).createTerminalView(cli.stderr, cli.now)
    case 'plain':
      return createPlainView(cli.stderr, cli.now)
    case 'rawjson':
      return createRawJsonView(cli.stderr)
    case 'quiet':
    case 'none':
      return { events: () => {}, close: () => {} }
  }
}
