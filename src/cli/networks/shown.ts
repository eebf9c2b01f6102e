import type { NetworkMember, NetworkRecord } from '../../engine/index.ts'

type Json = Readonly<Record<string, unknown>>

/** A network and its running containers, with docker's members. */
export const shownNetwork = (record: NetworkRecord, members: readonly NetworkMember[]): Json => ({
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
