import { type DockerfileSource, StepFailed } from '../../engine/index.ts'
import { excerpt } from '../render/excerpt.ts'
import { printable, printableLine } from '../render/printable.ts'

/** The last output of a failed RUN and where it stands in the Dockerfile; undefined for other failures. */
export const renderStepFailure = (error: unknown, dockerfile: DockerfileSource): string | undefined => {
  if (!(error instanceof StepFailed)) return undefined
  const output = error.lastLines.map((line) => ` | ${printable(line)}`)
  const { source } = error
  const place = source
    ? [
        `${source.file}:${source.range.start.line}:${source.range.start.column + 1}`,
        excerpt(dockerfile.text, source.range),
      ]
    : []
  return [
    '',
    ...(output.length > 0 ? [`last output of ${printableLine(error.step)}:`, ...output, ''] : []),
    ...place,
    '',
  ].join('\n')
}
