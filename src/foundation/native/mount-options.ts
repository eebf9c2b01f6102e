/** MOUNT_ATTR_* and MS_* of <linux/mount.h>; numbers are part of the kernel's ABI. */
const attr = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  noatime: 0x10,
  strictatime: 0x20,
  atimeMask: 0x70,
  nodiratime: 0x80,
  nosymfollow: 0x200000,
} as const

/** Flags of the helper's `mount` operation (native/request.h). */
const flag = { bind: 1, recursive: 2, allSubmounts: 4, copyUp: 8, idmap: 16 } as const

interface Attribute {
  readonly set?: number
  readonly clear?: number
  readonly all?: true
}

const attributes: Readonly<Record<string, Attribute>> = {
  ro: { set: attr.readonly },
  rw: { clear: attr.readonly },
  rro: { set: attr.readonly, all: true },
  nosuid: { set: attr.nosuid },
  suid: { clear: attr.nosuid },
  nodev: { set: attr.nodev },
  dev: { clear: attr.nodev },
  noexec: { set: attr.noexec },
  exec: { clear: attr.noexec },
  noatime: { set: attr.noatime, clear: attr.atimeMask },
  strictatime: { set: attr.strictatime, clear: attr.atimeMask },
  relatime: { clear: attr.atimeMask },
  atime: { clear: attr.atimeMask },
  nodiratime: { set: attr.nodiratime },
  diratime: { clear: attr.nodiratime },
  nosymfollow: { set: attr.nosymfollow },
  symfollow: { clear: attr.nosymfollow },
  norelatime: { set: attr.strictatime, clear: attr.atimeMask },
  nostrictatime: { clear: attr.atimeMask },
}

/** The `r` forms are marked with MS_REC. */
const propagations: Readonly<Record<string, number>> = {
  unbindable: 0x20000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
  runbindable: 0x24000,
  rprivate: 0x44000,
  rslave: 0x84000,
  rshared: 0x104000,
}

const flagsOf: Readonly<Record<string, number>> = {
  bind: flag.bind,
  rbind: flag.bind | flag.recursive,
  tmpcopyup: flag.copyUp,
  idmap: flag.idmap,
}

const ignored: ReadonlySet<string> = new Set(['defaults', 'async', 'silent', 'loud', 'notmpcopyup'])

export interface LoweredMount {
  readonly attrSet: number
  readonly attrClear: number
  readonly flags: number
  /** MS_PRIVATE and so on, or 0. */
  readonly propagation: number
  /** What is left: options of the file system, `mode=755`. */
  readonly options: readonly string[]
}

/** `rnosuid` is `nosuid` for all mounts below too. */
const attributeOf = (word: string): Attribute | undefined => {
  const below = word.startsWith('r') ? attributes[word.slice(1)] : undefined
  return attributes[word] ?? (below && { ...below, all: true })
}

/** mount(8) words of the runtime-spec -> numbers of the new mount API. Later words win over earlier ones. */
export const lowerMountOptions = (type: string, words: readonly string[]): LoweredMount => {
  let [attrSet, attrClear, flags, propagation] = [0, 0, type === 'bind' ? flag.bind : 0, 0]
  const options: string[] = []
  for (const word of words) {
    const attribute = attributeOf(word)
    const spread = propagations[word]
    if (attribute) {
      const [set, clear] = [attribute.set ?? 0, attribute.clear ?? 0]
      attrSet = (attrSet & ~clear) | set
      attrClear = (attrClear & ~set) | clear
      if (attribute.all) flags |= flag.allSubmounts
    } else if (Object.hasOwn(flagsOf, word)) flags |= flagsOf[word] ?? 0
    else if (spread !== undefined) propagation = spread
    else if (!ignored.has(word)) options.push(word)
  }
  return { attrSet, attrClear, flags, propagation, options }
}
