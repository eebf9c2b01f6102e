import type { Instruction } from '../dockerfile/index.ts'
import { legacyPairFix } from './legacy-pair.ts'
import type { StageLinks } from './needed-stages.ts'
import type { Report, Source, SourceInstruction } from './types.ts'

/** JSONArgsRecommended, MultipleInstructionsDisallowed, LegacyKeyValueFormat, SecretsUsedInArgOrEnv, of stages in `chosen`. */
export const checkStageWork = (
  source: Source,
  links: StageLinks,
  chosen: (index: number) => boolean,
  report: Report,
): void => {
  const withShell = new Set<number>()
  for (const { index, instructions } of source.stages) {
    const stage = source.dockerfile.stages[index]
    const base = stage && links.baseOf(stage)
    let hasShell = base !== undefined && withShell.has(base.index)
    const latest = new Map<string, Instruction>()
    for (const each of instructions) {
      const { instruction } = each
      if (instruction.kind === 'shell') hasShell = true
      if (!chosen(index)) continue
      checkOnce(each, latest, report)
      if (!hasShell) checkForm(each, report)
      checkPairs(source, each, report)
      checkSecrets(instruction, report)
    }
    if (hasShell) withShell.add(index)
  }
}

const checkForm = ({ instruction, keyword }: SourceInstruction, report: Report): void => {
  if (instruction.kind !== 'cmd' && instruction.kind !== 'entrypoint') return
  if (instruction.command.form !== 'shell') return
  report(
    'JSONArgsRecommended',
    instruction,
    `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
    // Many take this for JSON: it is given to the shell as it stands.
    instruction.command.text.startsWith('[')
      ? { hint: 'what stands here is no JSON: each word needs double quotes, with commas between them' }
      : {},
  )
}

const checkOnce = (
  { instruction, keyword }: SourceInstruction,
  latest: Map<string, Instruction>,
  report: Report,
): void => {
  const { kind } = instruction
  if (kind !== 'cmd' && kind !== 'entrypoint' && kind !== 'healthcheck') return
  const before = latest.get(kind)
  if (before)
    report(
      'MultipleInstructionsDisallowed',
      before,
      `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
      { foundAt: instruction },
    )
  latest.set(kind, instruction)
}

const checkPairs = (source: Source, each: SourceInstruction, report: Report): void => {
  const { instruction, keyword } = each
  if (instruction.kind !== 'env' && instruction.kind !== 'label') return
  // In the old form the first word holds no "=".
  const first = instruction.pairs[0]
  const rest = instruction.text.slice(instruction.kind.length).trimStart()
  if (!first || instruction.pairs.length !== 1 || rest.startsWith(`${first.name}=`)) return
  report(
    'LegacyKeyValueFormat',
    instruction,
    `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
    { fix: legacyPairFix(source, instruction) },
  )
}

const secret = /(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i

const checkSecrets = (instruction: Instruction, report: Report): void => {
  const names =
    instruction.kind === 'arg' ? instruction.args : instruction.kind === 'env' ? instruction.pairs : []
  for (const { name } of names)
    if (secret.test(name) && !harmless.test(name))
      report(
        'SecretsUsedInArgOrEnv',
        instruction,
        `Do not use ARG or ENV instructions for sensitive data (${instruction.kind.toUpperCase()} ${JSON.stringify(name)})`,
        { hint: 'pass it with RUN --mount=type=secret' },
      )
}
