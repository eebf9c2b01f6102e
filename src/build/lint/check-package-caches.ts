import type { Instruction, RunInstruction } from '../dockerfile/index.ts'
import { mountFields } from './mount-fields.ts'
import type { StageLinks } from './needed-stages.ts'
import { aptLists, isAptUpdate, packageManagers, usesAptLists } from './package-managers.ts'
import { type ShellCommand, shellCommandsOf } from './shell-commands.ts'
import type { Report, Source } from './types.ts'

/** PackageCacheKept and AptUpdateAlone, of the stages whose layers the image has: what other stages keep costs nobody anything. */
export const checkPackageCaches = (source: Source, links: StageLinks, report: Report): void => {
  for (const { index, instructions } of source.stages) {
    if (!links.inImage.has(index)) continue
    const variables = new Set<string>()
    for (const { instruction } of instructions) {
      for (const name of definedNames(instruction)) variables.add(name)
      if (instruction.kind === 'run') checkRun(instruction, variables, report)
    }
  }
}

const definedNames = (instruction: Instruction): readonly string[] => {
  if (instruction.kind === 'env') return instruction.pairs.map((pair) => pair.name)
  return instruction.kind === 'arg' ? instruction.args.map((arg) => arg.name) : []
}

const checkRun = (instruction: RunInstruction, variables: ReadonlySet<string>, report: Report): void => {
  const commands = shellCommandsOf(instruction)
  const mounted = mountedDirectories(instruction)
  if (isUpdateAlone(commands, mounted)) {
    report(
      'AptUpdateAlone',
      instruction,
      'Package lists are updated in a RUN of their own: a later install may use lists from the cache',
      { hint: 'write apt-get update && apt-get install ... in one RUN' },
    )
    return
  }
  for (const manager of packageManagers) {
    const filled = commands.findIndex((command) => manager.fills(command))
    if (filled < 0 || commands.slice(filled).some((command) => manager.empties(command))) continue
    if (mounted.some((directory) => manager.directory.test(directory))) continue
    const set = [...manager.variables].some(
      (name) => variables.has(name) || instruction.text.includes(`${name}=`),
    )
    if (!set)
      report('PackageCacheKept', instruction, `The cache of ${manager.name} stays in the layer`, {
        hint: manager.hint,
      })
  }
}

const isUpdateAlone = (commands: readonly ShellCommand[], mounted: readonly string[]): boolean =>
  commands.some(isAptUpdate) &&
  !commands.some(usesAptLists) &&
  commands.every((command) => isAptUpdate(command) || harmless.has(command[0] ?? '')) &&
  !mounted.some((directory) => aptLists.test(directory))

/** Commands that say nothing about what the lists are for. Any other may be a script that installs. */
const harmless: ReadonlySet<string> = new Set([
  'set',
  'echo',
  'true',
  ':',
  'rm',
  'sed',
  'export',
  'date',
  'sleep',
])

const mountedDirectories = ({ mounts }: RunInstruction): readonly string[] =>
  mounts.flatMap(({ text }) => {
    const fields = mountFields(text)
    const isKeptOut = fields.get('type') === 'cache' || fields.get('type') === 'tmpfs'
    return isKeptOut ? (fields.get('target') ?? []) : []
  })
