import type { Diagnostic } from '../../foundation/errors/index.ts'
import type { CliOutput } from '../context.ts'
import type { ProgressKind } from '../progress/choose.ts'
import { printable } from '../render/printable.ts'

/** What a build warned of, after it, one line each as docker prints them. Empties the list, so that each is said once. */
export const listWarnings = (warnings: Diagnostic[], progress: ProgressKind, out: CliOutput): void => {
  const all = warnings.splice(0)
  if (all.length === 0 || progress === 'quiet' || progress === 'none' || progress === 'rawjson') return
  const title = `${all.length} warning${all.length === 1 ? '' : 's'} found (use --check to expand):`
  out.write(`\n ${out.isTTY ? `\u001b[33m${title}\u001b[0m` : title}\n`)
  for (const { code, message, range } of all)
    out.write(` - ${printable(`${code}: ${message}`)}${range ? ` (line ${range.start.line})` : ''}\n`)
}
