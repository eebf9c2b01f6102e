import type { ExecEnvironment, StepNetwork } from '../../build/ops/index.ts'
import { runContainer } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { hostFacts } from '../../runtime/container/index.ts'
import { attachBridge, hostsFileFor, readHostResolvConf, resolvConfFor } from '../../runtime/network/index.ts'
import { seccompProgram } from '../seccomp.ts'
import type { Store } from '../store.ts'
import { secretSource } from './secrets.ts'
import type { SshAgents } from './ssh-agents.ts'
import { stepCgroups } from './step-cgroup.ts'
import { stepDirectory } from './sweep.ts'
import type { BuildContextOptions, BuildOptions } from './types.ts'

/** RUN steps on this machine: the native helper, the default bridge, the default seccomp profile. */
export const createExecEnvironment = (
  store: Store,
  options: BuildOptions,
  { runRoot, now, agents }: Pick<BuildContextOptions, 'runRoot' | 'now'> & { readonly agents: SshAgents },
): ExecEnvironment => ({
  snapshots: store.snapshots,
  now,
  tempRoot: stepDirectory(runRoot),
  run: (request, { onOutput, onStubs, signal }) =>
    runContainer(request, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' }, { signal, onOutput, onStubs }),
  network: (kind, names) => stepNetwork(kind, names, runRoot),
  cgroup: stepCgroups(options),
  seccomp: () => seccompProgram(store.root),
  cacheMounts: store.cacheMounts,
  secrets: secretSource(options.secrets),
  sshAgent: agents.get,
  // Docker's own builder grants every build the network of the host.
  entitlements: [...(options.entitlements ?? []), 'network.host'],
  host: hostFacts,
  // A spec of /var/run/cdi, made at run time, goes before one of /etc/cdi of the same name.
  deviceSpecs: ['/var/run/cdi', '/etc/cdi'],
})

const stepNetwork = async (
  kind: 'default' | 'none' | 'host',
  { hostname, extraHosts }: { readonly hostname: string; readonly extraHosts: readonly string[] },
  runRoot: HostPath,
): Promise<StepNetwork> => {
  const hostsFor = (address: string, gateway: string): string =>
    hostsFileFor({ hostname, address, extra: extraHosts.map((host) => extraHost(host, gateway)) })
  if (kind !== 'default') {
    const resolvConf = resolvConfFor(readHostResolvConf(kind === 'host' ? 'host' : 'bridge'), { kind })
    return {
      setup: { kind },
      resolvConf,
      hosts: hostsFor('127.0.0.1', '127.0.0.1'),
      release: () => {},
    }
  }
  const attachment = await attachBridge(runRoot)
  return {
    setup: { kind: 'bridge', interfaces: [attachment.network] },
    resolvConf: resolvConfFor(readHostResolvConf('bridge'), { kind: 'bridge' }),
    hosts: hostsFor(attachment.lease.address, attachment.gateway),
    release: attachment.release,
  }
}

/** `NAME:ADDRESS`; an IPv6 address may be in brackets. */
const extraHost = (text: string, gateway: string): { readonly name: string; readonly address: string } => {
  const colon = text.indexOf(':')
  const address = text.slice(colon + 1).replace(/^\[(.*)\]$/, '$1')
  return { name: text.slice(0, colon), address: address === 'host-gateway' ? gateway : address }
}
