import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { BundleOptions } from './types.ts'

/**
 * What a container executes, by docker's rules: an entrypoint given by the user drops the image's Cmd too; a command
 * given by the user replaces only Cmd; empty lists count as not given. Throws `no-command`.
 */
export const chooseCommand = ({
  config,
  entrypoint,
  command,
}: Pick<BundleOptions, 'config' | 'entrypoint' | 'command'>): readonly string[] => {
  const imageCommand = entrypoint === undefined ? config.Cmd : undefined
  const args = [
    ...(entrypoint ?? config.Entrypoint ?? []),
    ...(command?.length ? command : (imageCommand ?? [])),
  ]
  if (args[0] === undefined || args[0] === '')
    throw new AppError(
      'no-command',
      'start container: no command specified; the image has neither ENTRYPOINT nor CMD',
      {
        exitCode: exitCode.engine,
        hint: 'give a command after the image name',
      },
    )
  return args
}
