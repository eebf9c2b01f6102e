/** One subnet of a network; texts are canonical. */
export interface NetworkSubnet {
  /** `172.18.0.0/16` */
  readonly subnet: string
  readonly gateway: string
  /** Where addresses are taken from, when not from all of the subnet. */
  readonly range?: string
  /** Addresses that are not given to containers, by names that mean nothing here. */
  readonly reserved?: Readonly<Record<string, string>>
  /** Nobody asked for this one. */
  readonly chosen?: boolean
}

/** A network that containers can be connected to. What is live of it lies below the run directory. */
export interface NetworkRecord {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly name: string
  readonly driver: 'bridge' | 'host' | 'null'
  /** RFC 3339. */
  readonly created: string
  readonly internal: boolean
  readonly attachable: boolean
  readonly ipv4: boolean
  readonly ipv6: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** At most one of each family is used; none for the predefined networks. */
  readonly subnets: readonly NetworkSubnet[]
}

/** Networks that are there without being made. */
export const predefinedNames = ['bridge', 'host', 'none'] as const

export const isPredefined = (name: string): boolean => predefinedNames.some((one) => one === name)

/** Of docker's names for the same thing. */
export const canonicalNetworkName = (name: string): string => (name === 'default' ? 'bridge' : name)

/** Options of docker's driver that mean something here. */
export const bridgeOption = {
  name: 'com.docker.network.bridge.name',
  connectivity: 'com.docker.network.bridge.enable_icc',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  mtu: 'com.docker.network.driver.mtu',
} as const

/** A word of Go's strconv.ParseBool that says no. */
export const saysNo = (text: string | undefined): boolean => text !== undefined && /^(0|f|false)$/i.test(text)
