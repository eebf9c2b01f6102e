import { dirname, join } from 'node:path'
import { type Container, type ContainerMount, isReadonlyMount } from '../../runtime/container/index.ts'
import { orNull } from './inspect-empty.ts'

type Shown = Readonly<Record<string, unknown>>

/** `Mounts` of docker's `inspect`. Those of --tmpfs are in `HostConfig.Tmpfs` instead. */
export const inspectMounts = ({ record, dir }: Container): readonly Shown[] =>
  record.options.mounts
    .filter((mount) => mount.type !== 'tmpfs' || mount.byMount === true)
    .map((mount) => shownMount(mount, dirname(dirname(dir))))

const shownMount = (mount: ContainerMount, root: string): Shown => ({
  Type: mount.type,
  ...(mount.type === 'volume' ? { Name: mount.name } : {}),
  ...(mount.type === 'image' ? { Name: mount.image } : {}),
  Source: sourceOf(mount, root),
  Destination: mount.destination,
  ...(mount.type === 'volume' ? { Driver: 'local' } : {}),
  Mode: mount.mode ?? '',
  RW: !isReadonlyMount(mount),
  Propagation: mount.type === 'bind' || mount.type === 'image' ? (propagationOf(mount) ?? '') : '',
})

const sourceOf = (mount: ContainerMount, root: string): string => {
  if (mount.type === 'bind') return mount.source
  return mount.type === 'volume' ? join(root, 'volumes', mount.name, '_data') : ''
}

const propagationOf = ({ options }: ContainerMount): string | undefined =>
  options.find((word) => /^r?(private|shared|slave)$/.test(word))

/** `Binds`, `Mounts` and `Tmpfs` of `HostConfig`: what was asked for, by the option that asked. */
export const mountSettings = (mounts: readonly ContainerMount[]): Shown => {
  const tmpfs = mounts.filter((mount) => mount.type === 'tmpfs' && mount.byMount !== true)
  const byMount = mounts.filter((mount) => mount.byMount === true)
  return {
    Binds: orNull(mounts.flatMap(bindText)),
    ...(byMount.length > 0 ? { Mounts: byMount.map(askedMount) } : {}),
    ...(tmpfs.length > 0
      ? { Tmpfs: Object.fromEntries(tmpfs.map((m) => [m.destination, m.options.slice(3).join(',')])) }
      : {}),
  }
}

const bindText = (mount: ContainerMount): readonly string[] => {
  if (mount.byMount || mount.type === 'tmpfs' || mount.type === 'image') return []
  if (mount.type === 'volume' && !mount.named) return []
  const mode = mount.type === 'volume' && mount.mode === 'z' ? '' : (mount.mode ?? '')
  const source = mount.type === 'volume' ? mount.name : mount.source
  return [`${source}:${mount.destination}${mode === '' ? '' : `:${mode}`}`]
}

const askedMount = (mount: ContainerMount): Shown => ({
  Type: mount.type,
  ...(mount.type === 'bind' ? { Source: mount.source } : {}),
  ...(mount.type === 'volume' && mount.named ? { Source: mount.name } : {}),
  ...(mount.type === 'image' ? { Source: mount.image } : {}),
  Target: mount.destination,
  ...(mount.type !== 'image' && isReadonlyMount(mount) ? { ReadOnly: true } : {}),
})
