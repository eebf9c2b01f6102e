import { AppError } from '../../foundation/errors/index.ts'
import { type Platform, parsePlatform, parseReference } from '../../foundation/oci/index.ts'
import { expand, type FromInstruction } from '../dockerfile/index.ts'
import { expandWith, fromScope } from './from-scope.ts'
import type { Report, Source, SourceInstruction, StageRequest } from './types.ts'

/** InvalidDefaultArgInFrom, RedundantTargetPlatform, FromPlatformFlagConstDisallowed: of all stages, needed or not. */
export const checkFrom = (source: Source, request: StageRequest, report: Report): void => {
  checkDefaults(source, request, report)
  for (const { from } of source.stages) checkPlatform(source, from, report)
}

/** FROM with nothing but the defaults. As soon as one of them cannot be expanded, the build fails by itself. */
const checkDefaults = (source: Source, request: StageRequest, report: Report): void => {
  const { dockerfile } = source
  if (dockerfile.globalArgs.length === 0) return
  const scope = fromScope({ ...request, buildArgs: {} })
  for (const { from } of dockerfile.stages) {
    const image = expandWith(from.image, dockerfile.escape, scope)
    if (image === undefined) return
    if (!isReference(image))
      report(
        'InvalidDefaultArgInFrom',
        from,
        `Default value for ARG ${from.image} results in empty or invalid base image name`,
      )
  }
}

const isReference = (text: string): boolean => {
  try {
    parseReference(text)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** No platform has it in its name. */
const mark = '\u0000'

const checkPlatform = (source: Source, { instruction }: SourceInstruction, report: Report): void => {
  if (instruction.kind !== 'from' || instruction.platform === undefined) return
  const { platform } = instruction
  let isVariable = false
  const result = expand(platform, {
    escape: source.dockerfile.escape,
    lookup: (name) => {
      isVariable = true
      return name === 'TARGETPLATFORM' ? mark : undefined
    },
  })
  if (!result.ok) return
  if (result.text === mark) reportRedundant(source, instruction, report)
  else if (!isVariable) checkConstant(instruction, result.text, report)
}

const reportRedundant = (source: Source, instruction: FromInstruction, report: Report): void => {
  const { start, end } = instruction.range
  const flag = `--platform=${instruction.platform ?? ''}`
  const column = source.lines[start.line - 1]?.indexOf(flag, start.column) ?? -1
  const after = source.lines[start.line - 1]?.slice(column + flag.length) ?? ''
  const space = after.length - after.trimStart().length
  const isPlain = column >= 0 && space > 0 && start.line === end.line
  report(
    'RedundantTargetPlatform',
    instruction,
    `Setting platform to predefined ${instruction.platform} in FROM is redundant as this is the default behavior`,
    isPlain
      ? {
          fix: [
            {
              range: {
                start: { line: start.line, column },
                end: { line: start.line, column: column + flag.length + space },
              },
              text: '',
            },
          ],
        }
      : {},
  )
}

/** A stage that is named after the platform is meant for it. */
const checkConstant = (instruction: FromInstruction, text: string, report: Report): void => {
  const platform = readPlatform(text)
  const name = instruction.stage ?? ''
  if (!platform || name.includes(platform.os) || name.includes(platform.architecture)) return
  report(
    'FromPlatformFlagConstDisallowed',
    instruction,
    `FROM --platform flag should not use constant value ${JSON.stringify(text)}`,
  )
}

const readPlatform = (text: string): Platform | undefined => {
  try {
    return parsePlatform(text)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
