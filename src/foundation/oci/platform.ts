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

/** `linux/arm64/v8`; throws `bad-platform`. */
export const parsePlatform = (text: string): Platform => {
  const [os, architecture, variant, ...rest] = text.toLowerCase().split('/')
  if (!os || !architecture || rest.length > 0) {
    throw new AppError(
      'bad-platform',
      `parse platform ${JSON.stringify(text)}: expected os/architecture[/variant]`,
      { exitCode: exitCode.usage, hint: 'for example linux/amd64' },
    )
  }
  return variant ? { os, architecture, variant } : { os, architecture }
}

export const formatPlatform = (p: Platform): string =>
  [p.os, p.architecture, p.variant].filter(Boolean).join('/')
