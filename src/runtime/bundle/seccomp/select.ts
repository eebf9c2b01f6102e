import { invalidProfile } from './invalid-profile.ts'
import type {
  DockerSeccompProfile,
  SeccompArgument,
  SeccompCondition,
  SeccompGroup,
  SeccompHost,
} from './profile-types.ts'

/** One rule of a profile as it applies on a host: any of `names`, when all `args` hold. */
export interface SelectedRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  /** At most one comparison per argument. */
  readonly args: readonly SeccompArgument[]
}

/** What `architecture` is called in a profile's conditions and in its architecture map. */
export const architectureNames: Readonly<
  Record<string, { readonly condition: string; readonly seccomp: string }>
> = {
  amd64: { condition: 'amd64', seccomp: 'SCMP_ARCH_X86_64' },
  '386': { condition: 'x86', seccomp: 'SCMP_ARCH_X86' },
  arm64: { condition: 'arm64', seccomp: 'SCMP_ARCH_AARCH64' },
  arm: { condition: 'arm', seccomp: 'SCMP_ARCH_ARM' },
}

/** The rules that apply on `host`, in the profile's order. Throws `invalid-seccomp-profile`. */
export const selectRules = (profile: DockerSeccompProfile, host: SeccompHost): readonly SelectedRule[] =>
  profile.syscalls
    .filter(
      ({ includes, excludes }) =>
        (includes === undefined || holdsAll(includes, host)) &&
        (excludes === undefined || !holdsAny(excludes, host)),
    )
    .flatMap(rulesOf)

/** The profile's name for the host's architecture, then those that run on it too. */
export const selectArchitectures = (profile: DockerSeccompProfile, host: SeccompHost): readonly string[] => {
  const native = architectureNames[host.architecture]?.seccomp
  if (native === undefined)
    throw invalidProfile(
      `no syscall table for architecture ${host.architecture}, expected ${Object.keys(architectureNames).join(', ')}`,
    )
  const mapped = profile.archMap?.find((m) => m.architecture === native)
  const others = mapped?.subArchitectures ?? profile.architectures ?? []
  return [native, ...others.filter((name) => name !== native)]
}

/** Several comparisons of the same argument are alternatives, as runc takes them; of different arguments, all must hold. */
const rulesOf = (group: SeccompGroup): readonly SelectedRule[] => {
  const { names, action, errnoRet, args = [] } = group
  const rule = {
    names,
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
  }
  const distinct = new Set(args.map((a) => a.index)).size === args.length
  return distinct ? [{ ...rule, args }] : args.map((argument) => ({ ...rule, args: [argument] }))
}

const holdsAll = (condition: SeccompCondition, host: SeccompHost): boolean =>
  (condition.caps ?? []).every((c) => host.capabilities.includes(c)) &&
  (!condition.arches?.length || isArchitecture(condition.arches, host)) &&
  (condition.minKernel === undefined || isKernel(condition.minKernel, host))

const holdsAny = (condition: SeccompCondition, host: SeccompHost): boolean =>
  (condition.caps ?? []).some((c) => host.capabilities.includes(c)) ||
  isArchitecture(condition.arches ?? [], host) ||
  (condition.minKernel !== undefined && isKernel(condition.minKernel, host))

const isArchitecture = (arches: readonly string[], host: SeccompHost): boolean =>
  arches.includes(architectureNames[host.architecture]?.condition ?? '')

const isKernel = (minimum: string, host: SeccompHost): boolean => {
  const [wantedMajor, wantedMinor] = versionOf(minimum)
  const [major, minor] = versionOf(host.kernelVersion)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

const versionOf = (text: string): readonly [number, number] => {
  const match = /^(\d+)\.(\d+)/.exec(text)
  if (match === null) throw invalidProfile(`kernel version "${text}", expected MAJOR.MINOR`)
  return [Number(match[1]), Number(match[2])]
}
