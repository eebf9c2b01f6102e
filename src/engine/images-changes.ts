import { parseDockerfile } from '../build/dockerfile/index.ts'
import { planBuild } from '../build/graph/index.ts'
import { AppError, DiagnosticError, exitCode } from '../foundation/errors/index.ts'
import type { ContainerConfig, Platform } from '../foundation/oci/index.ts'

/** The instructions that say something about the config and nothing about files (docker's list). */
const allowed = [
  'CMD',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'ONBUILD',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
] as const

const fileName = '--change'

/**
 * The config that `--change` instructions make of an empty one: they are a Dockerfile without files, and mean what they
 * mean there. Throws `usage` for other instructions, `DiagnosticError` for wrong ones.
 */
export const configOfChanges = async (
  changes: readonly string[],
  platform: Platform,
): Promise<ContainerConfig> => {
  if (changes.length === 0) return {}
  for (const change of changes) checkInstruction(change)
  const text = ['FROM scratch', ...changes, ''].join('\n')
  const sources = new Map([[fileName, text]])
  const dockerfile = await parseDockerfile(text, { file: fileName })
  if (dockerfile.diagnostics.some((d) => d.severity === 'error')) {
    throw new DiagnosticError(dockerfile.diagnostics, sources)
  }
  const outcome = planBuild({
    dockerfile,
    buildArgs: {},
    labels: {},
    platform,
    noCache: false,
    noCacheFilter: [],
    network: 'none',
    images: new Map(),
  })
  if (outcome.kind === 'plan') return outcome.plan.config
  if (outcome.kind === 'diagnostics') throw new DiagnosticError(outcome.diagnostics, sources)
  throw badChange(changes.join(' '), 'it needs another image')
}

const checkInstruction = (change: string): void => {
  const word = /^\s*([a-z]+)/i.exec(change)?.[1]?.toUpperCase()
  if (!allowed.some((name) => name === word))
    throw badChange(change, 'it is not an instruction that changes the config')
  if (change.includes('\n')) throw badChange(change, 'it has several lines')
}

const badChange = (change: string, why: string): AppError =>
  new AppError('usage', `--change ${JSON.stringify(change.slice(0, 200))}: ${why}`, {
    exitCode: exitCode.usage,
    hint: `expected one of ${allowed.join(', ')}`,
  })
