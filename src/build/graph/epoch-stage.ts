import type { Range } from '../../foundation/errors/index.ts'
import { type CopyInstruction, expand, type Stage } from '../dockerfile/index.ts'
import { parseSourceUrl } from '../source-url/index.ts'
import type { PlanProblem } from './plan-problem.ts'
import type { Planning } from './planning.ts'
import { fetchProblem, remoteOp } from './remote-sources.ts'
import type { TimeSource } from './types.ts'

interface Refusal {
  readonly problem: PlanProblem
  readonly range: Range
}

/** Values of variables; undefined for what is not set. */
type Variables = ReadonlyMap<string, string>

/**
 * What the stage that SOURCE_DATE_EPOCH names fetches. As in docker the stage starts from scratch and holds ARGs and one ADD of
 * one URL or repository, nothing else: then its time is that of what it fetches.
 */
export const timeSourceOf = (planning: Planning, { from, instructions }: Stage): TimeSource | Refusal => {
  const variables = new Map(planning.globalArgs)
  variables.delete('SOURCE_DATE_EPOCH')
  if (expanded(planning, from.image, variables) !== 'scratch')
    return refusal(from.range, 'FROM scratch', from.text)
  let found: TimeSource | Refusal | undefined
  for (const instruction of instructions) {
    if (instruction.kind === 'arg') {
      for (const { name, value } of instruction.args) {
        const text = planning.buildArgs.get(name) ?? (value && expanded(planning, value, variables))
        if (text !== undefined) variables.set(name, text)
      }
    } else if (instruction.kind !== 'add' || found !== undefined)
      return refusal(instruction.range, 'nothing but ARG and one ADD', instruction.text)
    else found = sourceOfAdd(planning, instruction, variables)
  }
  return found ?? refusal(from.range, 'an ADD of a URL or repository', 'none')
}

const sourceOfAdd = (
  planning: Planning,
  instruction: CopyInstruction,
  variables: Variables,
): TimeSource | Refusal => {
  const { range, text } = instruction
  const [source] = instruction.sources
  const word =
    instruction.sources.length === 1 && typeof source === 'string'
      ? expanded(planning, source, variables)
      : undefined
  const url = word === undefined ? undefined : parseSourceUrl(word)
  const checksum = expanded(planning, instruction.checksum ?? '', variables) ?? ''
  const problem = url && fetchProblem(instruction, checksum, [url])
  if (problem) return { problem, range }
  if (url?.kind === 'http' || (url?.kind === 'git' && !url.ambiguous))
    return { kind: 'remote', op: remoteOp(instruction, url, checksum) }
  return refusal(range, 'an ADD of one URL or repository', text)
}

const expanded = (planning: Planning, text: string, variables: Variables): string | undefined => {
  const { escape: escapeCharacter } = planning.request.dockerfile
  const result = expand(text, { escape: escapeCharacter, lookup: (name) => variables.get(name) })
  return result.ok ? result.text : undefined
}

const refusal = (range: Range, expected: string, found: string): Refusal => ({
  range,
  problem: {
    code: 'bad-source-date-epoch',
    message: `expected ${expected} in the stage that SOURCE_DATE_EPOCH names, found ${found.slice(0, 200)}`,
    hint: 'its time is that of what it fetches; name another stage, or give seconds',
  },
})
