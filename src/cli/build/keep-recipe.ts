import { type BuildOptions, type BuildResult, buildRecipes, type Store } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { createPlainView } from '../progress/plain.ts'
import type { BuildCommand } from './command.ts'

export interface SilentBuild {
  readonly command: BuildCommand
  readonly options: BuildOptions
  readonly result: BuildResult
}

/** Has a build written down that had nothing to warn of, for the helper to answer the same command line when all is done. */
export const keepRecipe = async (
  store: Store,
  key: string,
  { command, options, result }: SilentBuild,
  { cwd }: CliContext,
): Promise<void> => {
  const { progress, file } = command
  // The others have times in them, or a terminal.
  if (progress === 'rawjson' || progress === 'tty') return
  const stderr = progress === 'auto' || progress === 'plain' ? plainText(result) : ''
  const stdout = progress === 'quiet' ? `${result.image.id}\n` : ''
  const { recordBuild } = await buildRecipes()
  await recordBuild(store, { key, file, cwd, stdout, stderr, options, result })
}

/** What a build says that finds everything done, at once. */
const plainText = ({ facts, image, names }: BuildResult): string => {
  let text = ''
  const out = { write: (chunk: string | Uint8Array) => (text += String(chunk)), isTTY: false, columns: 80 }
  const { events } = createPlainView(out, () => 0)
  for (const { id, name, op } of facts.plans[0]?.plan.vertices ?? []) {
    if (op.kind === 'source') {
      events({ kind: 'vertex-started', id, name, at: 0 })
      events({ kind: 'vertex-finished', id, at: 0 })
    } else events({ kind: 'vertex-cached', id, name })
  }
  events({ kind: 'image', id: image.id, names })
  return text
}
