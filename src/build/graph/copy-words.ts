import { baseOf } from '../../foundation/filetree/index.ts'
import { type CopyInstruction, chompHeredoc, type Heredoc } from '../dockerfile/index.ts'
import { shownUrl } from '../source-url/index.ts'
import { isChmod } from './chmod-text.ts'
import { report } from './planning.ts'
import { expandAll, expandIn } from './stage-words.ts'
import type { Step } from './step.ts'

/** A here-document as a file. */
export interface InlineFile {
  /** After `<<`, for history. */
  readonly mark: string
  /** The last part of it. */
  readonly name: string
  readonly text: string
}

/** What COPY and ADD say once variables are put in. '' is not said. */
export interface CopyWords {
  readonly paths: readonly string[]
  /** For people: URLs without credentials. */
  readonly shownPaths: readonly string[]
  readonly files: readonly InlineFile[]
  readonly destination: string
  readonly chown: string
  readonly chmod: string
  readonly checksum: string
  readonly exclude: readonly string[]
}

/** Undefined after a report. */
export const expandCopyWords = (step: Step, instruction: CopyInstruction): CopyWords | undefined => {
  const { planning, state } = step
  const { range, sources } = instruction
  const flags = expandAll(planning, state, range, [
    instruction.chown ?? '',
    instruction.chmod ?? '',
    instruction.checksum ?? '',
  ])
  const exclude = expandAll(planning, state, range, instruction.exclude)
  const plain = sources.filter((source) => typeof source === 'string')
  const paths = expandAll(planning, state, range, plain)
  const destination = expandIn(planning, state, range, instruction.destination)?.text
  const files = sources.flatMap((source) =>
    typeof source === 'string' ? [] : [inlineFile(step, instruction, source)],
  )
  const good = files.filter((file) => file !== undefined)
  if (!flags || !exclude || !paths || destination === undefined || good.length < files.length)
    return undefined
  const [chown = '', chmod = '', checksum = ''] = flags
  if (chmod !== '' && !isChmod(chmod))
    return report(planning, range, {
      code: 'bad-chmod',
      message: `expected --chmod to be an octal or symbolic mode, found ${JSON.stringify(chmod)}`,
      hint: 'for example 755, 0644 or u+x',
      part: { flag: 'chmod' },
    })
  const shownPaths = paths.map((path) => (/^[a-z]+:\/\/[^/]*@/i.test(path) ? shownUrl(path) : path))
  return { paths, shownPaths, files: good, destination, chown, chmod, checksum, exclude }
}

const inlineFile = (step: Step, { range }: CopyInstruction, heredoc: Heredoc): InlineFile | undefined => {
  const text = chompHeredoc(heredoc)
  const names = { mark: heredoc.name, name: baseOf(heredoc.name) }
  if (!heredoc.expand) return { ...names, text }
  const expanded = expandIn(step.planning, step.state, range, text, { ignoreQuotes: true })
  return expanded && { ...names, text: expanded.text }
}
