import { AppError, exitCode } from '../errors/index.ts'
import type { Platform } from './image-types.ts'

const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
}

/** Platform of a machine whose Node reports `arch`. */
export const hostPlatform = (arch: string = process.arch): Platform => ({
  os: 'linux',
  architecture: architectures[arch] ?? arch,
})

/**
 * `linux/arm64`, `arm64`, `linux`, `linux/arm/v7`: what is not said is this machine's, and other spellings of an architecture
 * (`x86_64`, `aarch64`, `armhf`) become the usual one, as containerd has it. Throws `bad-platform`.
 */
export const parsePlatform = (text: string): Platform => {
  const parts = text.toLowerCase().split('/')
  const [first = '', second = '', variant = ''] = parts
  const isKnown = parts.length > 1 || systems.has(first) || known.has(first)
  if (parts.length > 3 || !isKnown || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new AppError(
      'bad-platform',
      `parse platform ${JSON.stringify(text)}: expected os/architecture[/variant]`,
      { exitCode: exitCode.usage, hint: 'for example linux/amd64' },
    )
  }
  if (parts.length > 1) return normal(first, second, variant)
  return systems.has(first) ? { ...hostPlatform(), os: first } : normal(hostPlatform().os, first, variant)
}

/** Operating systems that may stand alone as a platform. */
const systems: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'freebsd', 'wasip1'])

const spellings: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  i386: ['386'],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
}

/** Architectures that may stand alone as a platform. */
const known: ReadonlySet<string> = new Set([
  ...Object.values(architectures),
  ...Object.keys(spellings),
  'mips64le',
  'loong64',
  'wasm',
])

const normal = (os: string, word: string, given: string): Platform => {
  const [architecture, usual] = (Object.hasOwn(spellings, word) ? spellings[word] : undefined) ?? [word]
  const variant = /^\d+$/.test(given) ? `v${given}` : given || usual || (architecture === 'arm' ? 'v7' : '')
  const isBaseline =
    `${architecture}/${variant}` === 'arm64/v8' || `${architecture}/${variant}` === 'amd64/v1'
  return variant && !isBaseline ? { os, architecture, variant } : { os, architecture }
}

export const formatPlatform = (p: Platform): string =>
  [p.os, p.architecture, p.variant].filter(Boolean).join('/')

/**
 * The one of `items` that runs on `wanted`: same system and architecture; of variants the same, else the highest lower one. Where no
 * variant is wanted, one without comes first. Undefined when there is none.
 */
export const pickPlatform = <T>(
  items: readonly T[],
  platformOf: (item: T) => Platform | undefined,
  wanted: Platform,
): T | undefined => {
  const fitting = items.flatMap((item, position) => {
    const platform = platformOf(item)
    if (platform?.os !== wanted.os || platform.architecture !== wanted.architecture) return []
    const level = variantLevel(platform)
    return [{ item, position, level }]
  })
  const limit =
    wanted.variant === undefined && wanted.architecture !== 'arm' ? undefined : variantLevel(wanted)
  const usable = fitting.filter(({ level }) => limit === undefined || level <= limit)
  const order = limit === undefined ? 1 : -1
  return usable.toSorted((a, b) => order * (a.level - b.level) || a.position - b.position)[0]?.item
}

/** `v7` is 7; what is not said is the baseline of the architecture. */
const variantLevel = ({ architecture, variant }: Platform): number => {
  const level = /^v(\d+)/.exec(variant ?? '')?.[1]
  return level === undefined ? (baselines[architecture] ?? 0) : Number(level)
}

const baselines: Readonly<Record<string, number>> = { amd64: 1, arm: 7, arm64: 8 }

/** What an image runs on, as its config says. */
export const platformOf = ({ os, architecture, variant }: Platform): Platform => ({
  architecture,
  os,
  ...(variant === undefined || variant === '' ? {} : { variant }),
})
