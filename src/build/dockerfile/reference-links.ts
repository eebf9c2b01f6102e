import type { Diagnostic } from '../../foundation/errors/index.ts'
import type { ParsedDockerfile } from './types.ts'

const reference = 'https://docs.docker.com/reference/dockerfile/'

/** Sections of docker's reference, by the keyword of their instruction. */
const sections: ReadonlySet<string> = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
)

/** Where docker explains an instruction; the list of all of them for a word (in upper case) that is none. */
export const referenceOf = (keyword: string): string =>
  `${reference}#${sections.has(keyword) ? keyword.toLowerCase() : 'overview'}`

/** Adds to errors where the instruction that has them is explained. */
export const withReferences = <D extends Diagnostic>(
  { stages, globalArgs }: Pick<ParsedDockerfile, 'stages' | 'globalArgs'>,
  diagnostics: readonly D[],
): readonly D[] => {
  if (!diagnostics.some(lacksReference)) return diagnostics
  const instructions = [...globalArgs, ...stages.flatMap((stage) => [stage.from, ...stage.instructions])]
  const keywords = new Map<number, string>()
  for (const { range, text } of instructions)
    for (let line = range.start.line; line <= range.end.line; line++) keywords.set(line, keywordOf(text))
  return diagnostics.map((each) => {
    const keyword = lacksReference(each) && each.range && keywords.get(each.range.start.line)
    return keyword ? { ...each, url: referenceOf(keyword) } : each
  })
}

const lacksReference = ({ severity, url }: Diagnostic): boolean => severity === 'error' && url === undefined

const keywordOf = (text: string): string => /^\w+/.exec(text)?.[0].toUpperCase() ?? ''
