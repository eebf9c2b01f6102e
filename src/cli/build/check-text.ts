import type { CheckReport, DockerfileSource, outlineBuild, targetsOfBuild } from '../../engine/index.ts'
import type { Diagnostic } from '../../foundation/errors/index.ts'
import { printable, printableLine } from '../render/printable.ts'

type Outline = Awaited<ReturnType<typeof outlineBuild>>
type Targets = Awaited<ReturnType<typeof targetsOfBuild>>

const rule = '--------------------'

/** What docker prints for `--check`: a line that counts, then every finding with its place, by lines. */
export const checkText = ({ findings }: CheckReport, source: DockerfileSource): string => {
  const count = findings.length
  if (count === 0) return 'Check complete, no warnings found.\n'
  const title = `Check complete, ${count} warning${count === 1 ? ' has' : 's have'} been found!\n`
  const all = [...findings].sort((a, b) => lineOf(a) - lineOf(b))
  return title + all.map((each) => `\n${findingText(each, source)}`).join('')
}

const lineOf = (diagnostic: Diagnostic): number => diagnostic.range?.start.line ?? 0

const findingText = (finding: Diagnostic, source: DockerfileSource): string => {
  const { code, message, url, hint, file, range, severity } = finding
  const level = severity === 'info' ? 'NOTE' : 'WARNING'
  const lines = [
    `${level}: ${code}${url === undefined ? '' : ` - ${url}`}`,
    printable(message),
    ...(hint === undefined ? [] : [`hint: ${printable(hint)}`]),
    range ? `${printable(file)}:${range.start.line}` : printable(file),
  ]
  const excerpt =
    file === source.name && range ? surroundings(source.text, range.start.line, range.end.line) : []
  return `${[...lines, ...excerpt].join('\n')}\n`
}

/** The lines of an instruction, marked, and up to two (one, when it has several lines itself) around them. */
const surroundings = (text: string, first: number, last: number): readonly string[] => {
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  const around = first === last ? 2 : 1
  const from = Math.max(1, first - around)
  const to = Math.min(lines.length, last + around)
  const rows = lines.slice(from - 1, to).map((line, index) => {
    const number = from + index
    const mark = number >= first && number <= last ? '>>>' : '   '
    return `${String(number).padStart(4)} | ${mark} ${printableLine(line.replace(/\r$/, '')).replaceAll('\\t', '\t')}`
  })
  return [rule, ...rows, rule]
}

/** Columns two or more spaces apart, as docker's tables. */
const table = (rows: readonly (readonly string[])[], gap: number): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => {
      const last = row.length - 1
      return `${row.map((cell, column) => (column === last ? cell : cell.padEnd((widths[column] ?? 0) + gap))).join('')}\n`
    })
    .join('')
}

/** `--call=outline` */
export const outlineText = ({ name, description, args, secrets, ssh, caches }: Outline): string => {
  const mounts = (title: string, list: Outline['secrets']): string =>
    list.length === 0
      ? ''
      : `${table([[title, 'REQUIRED'], ...list.map((each) => [printableLine(each.name), each.required ? 'true' : ''])], 3)}\n`
  const head = [
    ...(name === undefined ? [] : [['TARGET:', printableLine(name)]]),
    ...(description === undefined ? [] : [['DESCRIPTION:', printableLine(description)]]),
  ]
  const rows = args.map((arg) => [arg.name, arg.value ?? '', arg.description ?? ''].map(printableLine))
  return [
    head.length === 0 ? '' : `${table(head, 1)}\n`,
    args.length === 0 ? '' : `${table([['BUILD ARG', 'VALUE', 'DESCRIPTION'], ...rows], 3)}\n`,
    mounts('SECRET', secrets),
    mounts('SSH', ssh),
    caches.length === 0 ? '' : `${table([['CACHE'], ...caches.map(({ id }) => [printableLine(id)])], 3)}\n`,
  ].join('')
}

/** `--call=targets` */
export const targetsText = (targets: Targets): string =>
  table(
    [
      ['TARGET', 'DESCRIPTION'],
      ...targets.map(({ name, isDefault, description }) =>
        [[name, isDefault ? '(default)' : undefined].filter(Boolean).join(' '), description ?? ''].map(
          printableLine,
        ),
      ),
    ],
    1,
  )
