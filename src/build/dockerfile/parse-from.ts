import { checkFlags } from './check-flags.ts'
import type { Report } from './report.ts'
import { descriptionsIn, type SourceLine } from './source-line.ts'
import type { FromInstruction } from './types.ts'
import { splitPlain } from './words.ts'

const stageGrammar = /^[a-z][a-z0-9-_.]*$/

/** `FROM [--platform=P] IMAGE [AS NAME]` */
export const parseFrom = (line: SourceLine, report: Report): FromInstruction | undefined => {
  const platform = checkFlags(line, report).text('platform')
  const words = splitPlain(line.rest)
  const [image, as, name] = words
  const named = words.length === 3 && as?.toLowerCase() === 'as'
  if (image === undefined || (words.length !== 1 && !named))
    return report({
      code: 'bad-from',
      message: `expected FROM IMAGE or FROM IMAGE AS NAME, found ${JSON.stringify(line.text)}`,
      hint:
        words.length === 0
          ? 'name a base image, or "scratch" to start empty'
          : words.length === 2 && as?.toLowerCase() === 'as'
            ? 'write the name of the stage after AS'
            : 'the only word after the image is AS, with one name',
    })
  const stage = named ? name?.toLowerCase() : undefined
  if (stage !== undefined && !stageGrammar.test(stage))
    return report({
      code: 'bad-stage-name',
      message: `expected a stage name that starts with a letter and has only letters, digits, "-", "_" and ".", found ${JSON.stringify(name)}`,
      part: { argument: 2 },
    })
  const description = stage === undefined ? undefined : descriptionsIn(line).get(stage)
  return {
    kind: 'from',
    range: line.range,
    text: line.text,
    image,
    ...(stage === undefined ? {} : { stage }),
    // Docker takes an empty flag for none.
    ...(platform === undefined || platform === '' ? {} : { platform }),
    ...(description === undefined ? {} : { description }),
  }
}
