import { asciiSpace } from './character.ts'
import { checkFlags } from './check-flags.ts'
import type { Problem, Report } from './report.ts'
import { type SourceLine, splitRest } from './source-line.ts'
import type { Instruction, OnbuildInstruction } from './types.ts'

/** What docker refuses in a trigger when it reads it; the rest comes up in the build that runs it. */
const checkedNow: readonly string[] = ['json-not-strings', 'missing-value', 'missing-equals']

/** The trigger of `ONBUILD INSTRUCTION`, which is kept as text. `parse` reads instructions. */
export const parseOnbuild =
  (parse: (line: SourceLine, report: Report) => Instruction | undefined) =>
  (line: SourceLine, report: Report): OnbuildInstruction | undefined => {
    checkFlags(line, report)
    if (line.rest === '')
      return report({
        code: 'missing-argument',
        message: 'expected an instruction after ONBUILD, found nothing',
      })
    const keyword = line.rest.split(asciiSpace, 1)[0]?.toUpperCase() ?? ''
    if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(keyword))
      return report({
        code: 'bad-onbuild',
        message: `expected an instruction that ONBUILD can run later, found ${keyword}`,
        hint: 'ONBUILD cannot hold ONBUILD, FROM or MAINTAINER',
        part: { argument: 0 },
      })
    const problems: Problem[] = []
    parse(splitRest(line), (problem) => {
      if (checkedNow.includes(problem.code)) problems.push(problem)
      return undefined
    })
    for (const { code, message, hint } of problems) report({ code, message, ...(hint ? { hint } : {}) })
    const bodies = line.heredocs.map((heredoc) => `\n${heredoc.text}${heredoc.name}`).join('')
    const trigger = line.text.replace(/^ONBUILD[\t\n\f\r ]*/, '') + line.trailing + bodies
    return { kind: 'onbuild', range: line.range, text: line.text, trigger }
  }
