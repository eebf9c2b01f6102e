export interface HostsOptions {
  readonly hostname: string
  readonly domainname?: string
  /** The container's own address; none without a network. */
  readonly address?: string
  /** All of its addresses, where it has several. */
  readonly addresses?: readonly string[]
  /** --add-host, in order. */
  readonly extra?: readonly { readonly name: string; readonly address: string }[]
}

/** The container's /etc/hosts. */
export const hostsFileFor = (options: HostsOptions): string => {
  const names = options.domainname
    ? `${options.hostname}.${options.domainname} ${options.hostname}`
    : options.hostname
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'ff00::0\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    ...(options.extra ?? []).map((entry) => `${entry.address}\t${entry.name}`),
    ...(options.addresses ?? given(options.address)).map((address) => `${address}\t${names}`),
    '',
  ].join('\n')
}

const given = (address: string | undefined): readonly string[] => (address === undefined ? [] : [address])
