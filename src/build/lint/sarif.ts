import type { Diagnostic, Range, Severity } from '../../foundation/errors/index.ts'
import { rules } from './rules.ts'

/** What a SARIF log says of the program that made it. */
export interface SarifTool {
  readonly name: string
  readonly version: string
  /** Address that relative addresses of rules are below; they are left out without one. */
  readonly home?: string
}

/** A SARIF 2.1.0 log of checks and of problems that a file would be refused for. Lines and columns count from 1, in UTF-16 code units. */
export const sarifOf = (diagnostics: readonly Diagnostic[], tool: SarifTool): unknown => {
  const names = [...new Set(diagnostics.map((each) => each.code))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            ...(tool.home === undefined ? {} : { informationUri: tool.home }),
            rules: names.map((name) => ruleOf(name, tool)),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((each) => resultOf(each, names)),
      },
    ],
  }
}

const ruleOf = (name: string, tool: SarifTool): unknown => {
  const rule = rules.get(name)
  const url = rule?.url === undefined ? undefined : absolute(rule.url, tool.home)
  return {
    id: name,
    ...(rule && { shortDescription: { text: rule.description } }),
    ...(url !== undefined && { helpUri: url }),
    defaultConfiguration: { level: rule ? 'warning' : 'error' },
  }
}

const absolute = (url: string, home: string | undefined): string | undefined => {
  if (/^https?:/.test(url)) return url
  return home === undefined ? undefined : `${home.replace(/\/$/, '')}/${url}`
}

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

const resultOf = (diagnostic: Diagnostic, names: readonly string[]): unknown => {
  const { code, severity, message, hint, file, range, fix } = diagnostic
  const artifactLocation = { uri: uriOf(file) }
  return {
    ruleId: code,
    ruleIndex: names.indexOf(code),
    level: levels[severity],
    message: { text: hint === undefined ? message : `${message}\n${hint}` },
    locations: [{ physicalLocation: { artifactLocation, ...(range && { region: regionOf(range) }) } }],
    ...(fix && {
      fixes: [
        {
          artifactChanges: [
            {
              artifactLocation,
              replacements: fix.map((edit) => ({
                deletedRegion: regionOf(edit.range),
                insertedContent: { text: edit.text },
              })),
            },
          ],
        },
      ],
    }),
  }
}

const uriOf = (file: string): string =>
  (file.startsWith('/') ? 'file://' : '') + file.split('/').map(encodeURIComponent).join('/')

/** The end is the first column that is no part of it. */
const regionOf = ({ start, end }: Range): unknown => ({
  startLine: start.line,
  startColumn: start.column + 1,
  endLine: end.line,
  endColumn: end.column + 1,
})
