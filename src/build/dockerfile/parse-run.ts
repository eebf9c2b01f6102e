import { suggest } from '../../foundation/errors/index.ts'
import { type CheckedFlags, checkFlags } from './check-flags.ts'
import { parseCommandLine } from './json-form.ts'
import { checkMount, parseMount } from './parse-mount.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'
import type {
  CmdInstruction,
  CommandLine,
  EntrypointInstruction,
  MountText,
  RunInstruction,
  ShellInstruction,
} from './types.ts'

const networks = ['default', 'none', 'host'] as const

/** `RUN [flags] COMMAND` in shell form, JSON form or with here-documents. */
export const parseRun = (line: SourceLine, report: Report): RunInstruction | undefined => {
  const flags = checkFlags(line, report)
  const network = readNetwork(flags, report)
  const command = readCommand(line, report)
  if (!command) return undefined
  if (command.form === 'exec' && command.args.length === 0)
    return report({ code: 'empty-command', message: 'expected a program to run, found an empty list' })
  const security = readSecurity(flags, report)
  return {
    kind: 'run',
    range: line.range,
    text: line.text,
    command,
    heredocs: line.heredocs,
    mounts: readMounts(line, report),
    devices: flags.list('device'),
    ...(network ? { network } : {}),
    ...(security === undefined ? {} : { security }),
  }
}

const readNetwork = (flags: CheckedFlags, report: Report): RunInstruction['network'] =>
  readOneOf('network', networks, flags, report)

const readSecurity = (flags: CheckedFlags, report: Report): RunInstruction['security'] =>
  readOneOf('security', ['sandbox', 'insecure'] as const, flags, report)

const readOneOf = <T extends string>(
  flag: 'network' | 'security',
  all: readonly T[],
  flags: CheckedFlags,
  report: Report,
): T | undefined => {
  const text = flags.text(flag)
  const found = all.find((each) => each === text)
  if (text !== undefined && found === undefined) {
    const near = suggest(text, all)
    report({
      code: `bad-${flag}`,
      message: `expected --${flag} to be one of ${all.join(', ')}, found ${JSON.stringify(text)}`,
      ...(near ? { hint: `did you mean ${near}?` } : {}),
      part: { flag },
    })
  }
  return found
}

const readMounts = (line: SourceLine, report: Report): readonly MountText[] => {
  const mounts = line.flags.flatMap(({ name, value, range }) =>
    name === 'mount' && value !== undefined ? [{ text: value, range }] : [],
  )
  for (const { text, range } of mounts) {
    const problem = checkMount(text)
    if (problem) report({ ...problem, range })
    else for (const each of parseMount(text).problems) report({ ...each, range, deferred: true })
  }
  return mounts
}

const readCommand = (line: SourceLine, report: Report): CommandLine | undefined => {
  const command = parseCommandLine(line.rest)
  if (command !== 'bad') return command
  return report({
    code: 'json-not-strings',
    message: `expected only strings in the JSON form of ${line.keyword}, found ${line.rest}`,
    hint: 'put every word in double quotes',
  })
}

/** CMD and ENTRYPOINT. An empty one clears what the base image has. */
export const parseCommand =
  (kind: 'cmd' | 'entrypoint') =>
  (line: SourceLine, report: Report): CmdInstruction | EntrypointInstruction | undefined => {
    checkFlags(line, report)
    const command = readCommand(line, report)
    return command && { kind, range: line.range, text: line.text, command }
  }

/** `SHELL ["program", "argument"]`, JSON form only. */
export const parseShell = (line: SourceLine, report: Report): ShellInstruction | undefined => {
  checkFlags(line, report)
  const command = readCommand(line, report)
  if (!command) return undefined
  if (command.form === 'shell' || command.args.length === 0)
    return report({
      code: 'bad-shell',
      message: `expected SHELL ["program", "argument"], found ${JSON.stringify(line.text)}`,
      hint: 'SHELL takes a JSON list with double quotes and at least one string',
    })
  return { kind: 'shell', range: line.range, text: line.text, args: command.args }
}
