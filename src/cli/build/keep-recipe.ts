import { type BuildOptions, type BuildResult, buildRecipes, type Store } from '../../engine/index.ts'
import type { ProgressEvent } from '../../foundation/events/index.ts'
import type { CliContext } from '../context.ts'
import { createPlainView } from '../progress/plain.ts'
import type { BuildCommand } from './command.ts'
import { resultFileMode, resultFiles } from './write-results.ts'

export interface SilentBuild {
  readonly command: BuildCommand
  readonly options: BuildOptions
  readonly result: BuildResult
  /** What began and ended, of a build that has found every step done. */
  readonly told: readonly ProgressEvent[] | undefined
}

type Vertex = BuildResult['facts']['plans'][number]['plan']['vertices'][number]

/** Has a build written down that had nothing to warn of, for the helper to answer the same command line when all is done. */
export const keepRecipe = async (
  store: Store,
  key: string,
  { command, options, result, told }: SilentBuild,
  cli: Pick<CliContext, 'cwd'>,
): Promise<void> => {
  const { progress, file } = command
  // The others have times in them, or a terminal.
  if (progress === 'rawjson' || progress === 'tty') return
  const stderr = progress === 'auto' || progress === 'plain' ? plainText({ result, told }) : ''
  if (stderr === undefined) return
  const stdout = progress === 'quiet' ? `${result.image.id}\n` : ''
  const { recordBuild } = await buildRecipes()
  const { cwd } = cli
  // A recipe has nothing that is pushed.
  const files = resultFiles(command, result, undefined, cli).map(({ path, text }) => ({
    path,
    text,
    mode: resultFileMode,
  }))
  await recordBuild(store, { key, file, cwd, stdout, stderr, files, options, result })
}

/** What a build says that finds everything done, at once; undefined when nobody knows in which order. */
const plainText = ({ result, told }: Pick<SilentBuild, 'result' | 'told'>): string | undefined => {
  const { facts, image, names } = result
  let text = ''
  const out = { write: (chunk: string | Uint8Array) => (text += String(chunk)), isTTY: false, columns: 80 }
  const { events } = createPlainView(out, () => 0)
  const all = told ?? onlyOrder(facts.plans[0]?.plan.vertices ?? [])
  if (!all) return undefined
  for (const event of all) events('at' in event ? { ...event, at: 0 } : event)
  events({ kind: 'image', id: image.id, names })
  return text
}

/** Of vertices that stand each on the one before: others are told of in an order that the solver finds. */
const onlyOrder = (vertices: readonly Vertex[]): readonly ProgressEvent[] | undefined => {
  const isChain = vertices.every(({ inputs }, at) => {
    const before = vertices[at - 1]
    return !before || inputs.includes(before.id)
  })
  if (!isChain) return undefined
  return vertices.flatMap(({ id, name, op }): readonly ProgressEvent[] =>
    op.kind === 'source'
      ? [
          { kind: 'vertex-started', id, name, at: 0 },
          { kind: 'vertex-finished', id, at: 0 },
        ]
      : [{ kind: 'vertex-cached', id, name }],
  )
}
