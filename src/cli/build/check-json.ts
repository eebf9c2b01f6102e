import type { CheckReport, DockerfileSource, outlineBuild, targetsOfBuild } from '../../engine/index.ts'
import { checkRules } from '../../engine/index.ts'
import type { Range } from '../../foundation/errors/index.ts'

type Outline = Awaited<ReturnType<typeof outlineBuild>>
type Targets = Awaited<ReturnType<typeof targetsOfBuild>>

/** `--call=check,format=json`, in the shape that docker has. */
export const checkJson = (report: CheckReport, { name, text }: DockerfileSource): unknown => {
  const { findings, errors } = report
  const [error] = errors
  return {
    warnings:
      findings.length === 0
        ? null
        : findings.map(({ code, message, range }) => {
            const rule = checkRules.get(code)
            return {
              ruleName: code,
              description: rule?.description ?? '',
              ...(rule?.url !== undefined && { url: rule.url }),
              detail: message,
              location: locationOf(range),
            }
          }),
    sources: [{ filename: name, data: base64(text), language: 'Dockerfile' }],
    ...(error
      ? { buildError: { message: error.message, location: locationOf(error.range) } }
      : report.areErrors &&
        findings.length > 0 && {
          buildError: {
            message: `lint violation found for rules: ${[...new Set(findings.map((each) => each.code))].join(', ')}`,
            location: {},
          },
        }),
  }
}

/** `--call=outline,format=json`. */
export const outlineJson = (outline: Outline, { text }: DockerfileSource): unknown => {
  const { name, description, args, secrets, ssh, caches } = outline
  const mounts = (list: Outline['secrets']): unknown =>
    list.map((each) => ({
      name: each.name,
      ...(each.required && { required: true }),
      location: locationOf(each.range),
    }))
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(args.length > 0 && {
      args: args.map((arg) => ({
        name: arg.name,
        ...(arg.description !== undefined && { description: arg.description }),
        ...(arg.value !== undefined && { value: arg.value }),
        location: locationOf(arg.range),
      })),
    }),
    ...(secrets.length > 0 && { secrets: mounts(secrets) }),
    ...(ssh.length > 0 && { ssh: mounts(ssh) }),
    ...(caches.length > 0 && {
      cache: caches.map(({ id, range }) => ({ ID: id, location: locationOf(range) })),
    }),
    sources: [base64(text)],
  }
}

/** `--call=targets,format=json`. */
export const targetsJson = (targets: Targets, { text }: DockerfileSource): unknown => ({
  targets: targets.map(({ name, isDefault, description, base, platform, range }) => ({
    ...(name !== undefined && { name }),
    ...(isDefault && { default: true }),
    ...(description !== undefined && { description }),
    base,
    ...(platform !== undefined && { platform }),
    location: locationOf(range),
  })),
  sources: [base64(text)],
})

/** One range for each line, as docker gives them; lines count from 1, and there are no columns. */
const locationOf = (range: Range | undefined): unknown => {
  if (!range) return {}
  const { start, end } = range
  const lines = Array.from({ length: end.line - start.line + 1 }, (_, index) => ({
    line: start.line + index,
  }))
  return { ranges: lines.map((line) => ({ start: line, end: line })) }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
