import type { VertexId } from '../../build/graph/index.ts'
import type { ExecEnvironment } from '../../build/ops/index.ts'
import type { BundleHost } from '../../runtime/bundle/index.ts'
import { hostFacts } from '../../runtime/container/index.ts'
import { seccompProgram } from '../seccomp.ts'
import type { Store } from '../store.ts'
import { secretSource } from './secrets.ts'
import type { SshAgents } from './ssh-agents.ts'
import type { StepPlaces } from './step-places.ts'
import { stepDirectory } from './sweep.ts'
import type { BuildContextOptions, BuildOptions } from './types.ts'

/** RUN steps on this machine: the native helper, the default bridge, the default seccomp profile. */
export const createExecEnvironment = (
  store: Store,
  options: BuildOptions,
  {
    runRoot,
    now,
    agents,
    places,
    isNamed,
  }: Pick<BuildContextOptions, 'runRoot' | 'now'> & {
    readonly agents: SshAgents
    readonly places: StepPlaces
    /** Is the layer of this vertex one of an image that is built? */
    readonly isNamed: (vertex: VertexId) => boolean
  },
): ExecEnvironment => {
  // The same for all steps: the profile is hashed to find its program, and the machine does not change.
  let program: Uint8Array | undefined
  let facts: BundleHost | undefined
  return {
    snapshots: store.snapshots,
    now,
    tempRoot: stepDirectory(runRoot),
    place: places.take,
    seccomp: () => (program ??= seccompProgram(store.root)),
    cacheMounts: store.cacheMounts,
    secrets: secretSource(options.secrets),
    sshAgent: agents.get,
    // Docker's own builder grants every build the network of the host.
    entitlements: [...(options.entitlements ?? []), 'network.host'],
    host: (privileged) => {
      if (privileged) return hostFacts(true)
      facts ??= hostFacts(false)
      return facts
    },
    useOf: (vertex) => ({ isNamed: isNamed(vertex), isSynced: options.sync !== false }),
    // A spec of /var/run/cdi, made at run time, goes before one of /etc/cdi of the same name.
    deviceSpecs: ['/var/run/cdi', '/etc/cdi'],
  }
}
