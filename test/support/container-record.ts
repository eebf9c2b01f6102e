import { digestOf } from '../../src/foundation/oci/index.ts'
import type { ContainerId } from '../../src/runtime/container/container-id.ts'
import type { ContainerRecord } from '../../src/runtime/container/types.ts'

/** The record of a container with nothing special. */
export const containerRecord = (id: ContainerId, autoRemove = false): ContainerRecord => ({
  version: 1,
  id,
  name: 'web',
  image: 'busybox',
  imageId: digestOf('x'),
  created: new Date().toISOString(),
  args: ['sh'],
  stack: [],
  options: {
    config: {},
    user: '',
    resolvedUser: { uid: 0, gid: 0, additionalGids: [], home: '/' },
    terminal: false,
    interactive: false,
    autoRemove,
    init: false,
    hostname: 'x',
    readonlyRoot: false,
    privileged: false,
    capAdd: [],
    capDrop: [],
    noNewPrivileges: false,
    seccomp: { kind: 'default' },
    mounts: [],
    resources: {},
    rlimits: [],
    network: 'none',
    ports: [],
    extraHosts: [],
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
  },
})
