import { type NetworkMember, type NetworkRecord, networkCases } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb } from './parse-verb.ts'

type Json = Readonly<Record<string, unknown>>

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
  const found: Json[] = []
  const failures: string[] = []
  for (const word of parsed.args) {
    try {
      const record = findNetwork(cli, word)
      found.push(shown({ ...record, subnets: subnetsOf(cli, record) }, members.get(record.id) ?? []))
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

const shown = (record: NetworkRecord, members: readonly NetworkMember[]): Json => ({
  Name: record.name,
  Id: record.id,
  Created: record.created,
  Scope: 'local',
  Driver: record.driver,
  EnableIPv4: record.ipv4,
  EnableIPv6: record.ipv6,
  IPAM: {
    Driver: 'default',
    Options: record.subnets.length > 0 ? {} : null,
    Config: record.driver === 'bridge' ? record.subnets.map(configOf) : null,
  },
  Internal: record.internal,
  Attachable: record.attachable,
  Ingress: false,
  ConfigFrom: { Network: '' },
  ConfigOnly: false,
  Containers: Object.fromEntries(
    members.map(({ container, endpoint }) => {
      const { ipv4, ipv6, macAddress } = endpoint.interface
      return [
        container.record.id,
        {
          Name: container.record.name,
          EndpointID: endpoint.id,
          MacAddress: macAddress ?? '',
          IPv4Address: ipv4 ? `${ipv4.address}/${ipv4.prefix}` : '',
          IPv6Address: ipv6 ? `${ipv6.address}/${ipv6.prefix}` : '',
        },
      ]
    }),
  ),
  Options: record.options,
  Labels: record.labels,
})

const configOf = ({ subnet, gateway, range, reserved }: NetworkRecord['subnets'][number]): Json => ({
  Subnet: subnet,
  ...(range === undefined ? {} : { IPRange: range }),
  Gateway: gateway,
  ...(reserved ? { AuxiliaryAddresses: reserved } : {}),
})
