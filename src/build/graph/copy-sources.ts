import type { CopyInstruction } from '../dockerfile/index.ts'
import { type GitUrl, type HttpUrl, parseSourceUrl, type SourceUrl } from '../source-url/index.ts'
import type { CopyWords } from './copy-words.ts'
import { mainContext } from './from-source.ts'
import { cleanSource } from './in-root-path.ts'
import { escapePattern } from './input-vertices.ts'
import type { CopyAction, CopySourceRef } from './op-types.ts'
import { warn } from './planning.ts'
import { fetchVertex, mayFetch } from './remote-sources.ts'
import type { Inputs, Step } from './step.ts'

interface Target {
  readonly destination: string
  readonly attributes: Pick<CopyAction, 'chown' | 'chmod'>
  readonly inputs: Inputs
}

/**
 * The copies of COPY or ADD in the order of the sources: files of a context, stage or image that stand side by side are one
 * action, what is fetched has one of its own. Undefined after a report, or when something is not known yet.
 */
export const planCopies = (
  step: Step,
  instruction: CopyInstruction,
  words: CopyWords,
  target: Target,
): readonly CopyAction[] | undefined => {
  const urls = words.paths.map((path) => parseSourceUrl(path))
  if (!mayFetch(step, instruction, words, urls)) return undefined
  const actions: CopyAction[] = []
  let files: CopySourceRef | undefined
  for (const [index, path] of words.paths.entries()) {
    const url = urls[index]
    if (url !== undefined && isRemote(url)) {
      actions.push(fetched(step, instruction, { url, words, target }))
      continue
    }
    files ??= filesOf(step, instruction, target.inputs)
    if (!files) return undefined
    const source = cleaned(step, instruction, path)
    const last = actions.at(-1)
    if (last && last.from === files)
      actions[actions.length - 1] = { ...last, sources: [...last.sources, source] }
    else actions.push(copyOf(instruction, words, target, { from: files, sources: [source] }))
  }
  return actions
}

const isRemote = (url: SourceUrl): url is GitUrl | HttpUrl =>
  url.kind === 'http' || (url.kind === 'git' && !url.ambiguous)

const copyOf = (
  instruction: CopyInstruction,
  words: CopyWords,
  { destination, attributes }: Target,
  source: Pick<CopyAction, 'from' | 'sources'>,
): CopyAction => ({
  kind: 'copy',
  ...source,
  destination,
  ...attributes,
  unpack: instruction.unpack ?? instruction.kind === 'add',
  ...(instruction.parents ? { parents: true } : {}),
  ...(words.exclude.length > 0 ? { exclude: words.exclude } : {}),
})

const fetched = (
  step: Step,
  instruction: CopyInstruction,
  {
    url,
    words,
    target,
  }: { readonly url: GitUrl | HttpUrl; readonly words: CopyWords; readonly target: Target },
): CopyAction => {
  const { vertex, path } = fetchVertex(step, instruction, words, url)
  const from = { kind: 'input', input: target.inputs.add(vertex) } as const
  return {
    ...copyOf(instruction, words, target, { from, sources: [escapePattern(path)] }),
    // Docker leaves archives from the web alone unless it is told otherwise.
    unpack: url.kind === 'http' && (instruction.unpack ?? false),
  }
}

const filesOf = (step: Step, instruction: CopyInstruction, inputs: Inputs): CopySourceRef | undefined => {
  const { from, range } = instruction
  const found = from === undefined ? mainContext(step.planning, range) : step.resolveFrom(from, range, 'copy')
  if (found.kind === 'unresolved') return undefined
  return found.kind === 'context' ? found : { kind: 'input', input: inputs.add(found.root) }
}

/** A path that leaves its source starts at the source's root, as in docker. */
const cleaned = ({ planning }: Step, { range, parents }: CopyInstruction, path: string): string => {
  const source = cleanSource(path, parents)
  if (source !== path)
    warn(
      planning,
      range,
      'source-outside',
      `expected a path inside the source, found ${JSON.stringify(path)}`,
      `it means ${JSON.stringify(source)}: ".." stops at the root of the context, stage or image`,
    )
  return source
}
