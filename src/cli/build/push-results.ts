import { type BuildResult, type Store, transferCases } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { type Descriptor, parseReference } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { createTransferLines } from '../progress/transfer-lines.ts'
import type { BuildCommand } from './command.ts'
import type { PushOption } from './output-option.ts'

/** --push and the outputs that push; undefined when nothing is to be pushed. Of several the last one says how. */
export const pushOf = ({ push, outputs }: Pick<BuildCommand, 'push' | 'outputs'>): PushOption | undefined =>
  outputs.flatMap((output) => output.push ?? []).at(-1) ?? (push ? {} : undefined)

/** A build that pushes needs names; docker says so before it begins. Throws `usage`. */
export const checkPush = (command: Pick<BuildCommand, 'push' | 'outputs' | 'tags'>): void => {
  if (pushOf(command) === undefined || command.tags.length > 0) return
  throw new AppError('usage', 'build: a push needs the name of the image', {
    exitCode: exitCode.usage,
    hint: 'name it with -t REGISTRY/NAME:TAG, or with name= of the output',
  })
}

/** Sends what was built to the registries of its names; what it is there, undefined when nothing was to be pushed. */
export const pushResults = async (
  store: Store,
  command: BuildCommand,
  { image, index, names }: BuildResult,
  cli: CliContext,
  signal: AbortSignal,
): Promise<Descriptor | undefined> => {
  const option = pushOf(command)
  if (!option) return undefined
  const { parseCompression, pushTargets } = await transferCases()
  const { compression, level, force = false, byDigest = false } = option
  const isChosen = compression !== undefined || level !== undefined || force
  const isQuiet = command.progress === 'quiet' || command.progress === 'none'
  const lines = createTransferLines('push', cli.stderr, cli.now)
  const targets = names.map((name) => ({ name: parseReference(name), target: index ?? image }))
  try {
    const pushed = await pushTargets(
      store,
      targets,
      { force, byDigest, ...(isChosen ? { compression: parseCompression(compression, level) } : {}) },
      {
        env: cli.env,
        signal,
        events: isQuiet ? () => {} : lines.event,
        ended: ({ name, pushed: { descriptor } }) => {
          if (!isQuiet)
            lines.line(`pushed ${name.registry}/${name.repository}:${name.tag ?? ''} ${descriptor.digest}`)
        },
      },
    )
    return pushed[0]?.pushed.descriptor
  } finally {
    lines.close()
  }
}
