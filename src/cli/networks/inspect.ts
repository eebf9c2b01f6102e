import { networkCases } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb } from './parse-verb.ts'
import { shownNetwork } from './shown.ts'

/** `tsrun network inspect [OPTIONS] NETWORK...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly format?: string }>('network inspect', argv, cli, (command) =>
    command
      .description('Show all that is known of networks, as JSON')
      .argument('<network...>', 'names or ids')
      .option('-f, --format <format>', 'json, or a template such as {{.Driver}}')
      .option('-v, --verbose', 'accepted: there is no more'),
  )
  if (!parsed) return 0
  const { format } = parsed.options
  const template =
    [undefined, '', 'json'].includes(format) || format === undefined ? undefined : compileTemplate(format)
  const { findNetwork, networkMembers, subnetsOf } = await networkCases()
  const members = networkMembers(cli)
  const found: object[] = []
  const failures: string[] = []
  for (const word of parsed.args) {
    try {
      const record = findNetwork(cli, word)
      found.push(shownNetwork({ ...record, subnets: subnetsOf(cli, record) }, members.get(record.id) ?? []))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(renderFailure(error, { program: 'tsrun' }).text)
    }
  }
  const json = format === 'json' ? printableJson(found) : printableJson(found, 4)
  cli.stdout.write(template ? found.map((one) => `${template(one)}\n`).join('') : `${json}\n`)
  cli.stderr.write(failures.join(''))
  return failures.length > 0 ? 1 : 0
}
