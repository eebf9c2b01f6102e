import type { ExecEnvironment, StepNetwork } from '../../build/ops/index.ts'
import { runContainer } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { attachBridge, hostsFileFor, readHostResolvConf, resolvConfFor } from '../../runtime/network/index.ts'
import { seccompProgram } from '../seccomp.ts'
import type { Store } from '../store.ts'
import { stepCgroups } from './step-cgroup.ts'
import { stepDirectory } from './sweep.ts'
import type { BuildContextOptions, BuildOptions } from './types.ts'

/** RUN steps on this machine: the native helper, the default bridge, the default seccomp profile. */
export const createExecEnvironment = (
  store: Store,
  options: BuildOptions,
  { runRoot, now }: Pick<BuildContextOptions, 'runRoot' | 'now'>,
): ExecEnvironment => ({
  snapshots: store.snapshots,
  now,
  tempRoot: stepDirectory(runRoot),
  run: (request, { onOutput, onStubs, signal }) =>
    runContainer(request, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' }, { signal, onOutput, onStubs }),
  network: (kind, hostname) => stepNetwork(kind, hostname, runRoot),
  cgroup: stepCgroups(options),
  seccomp: () => seccompProgram(store.root),
})

const stepNetwork = async (
  kind: 'default' | 'none' | 'host',
  hostname: string,
  runRoot: HostPath,
): Promise<StepNetwork> => {
  if (kind !== 'default') {
    const resolvConf = resolvConfFor(readHostResolvConf(kind === 'host' ? 'host' : 'bridge'), { kind })
    return {
      setup: { kind },
      resolvConf,
      hosts: hostsFileFor({ hostname, address: '127.0.0.1' }),
      release: () => {},
    }
  }
  const attachment = await attachBridge(runRoot)
  return {
    setup: attachment.network,
    resolvConf: resolvConfFor(readHostResolvConf('bridge'), { kind: 'bridge' }),
    hosts: hostsFileFor({ hostname, address: attachment.network.address }),
    release: attachment.release,
  }
}
