import type { PlanProblem } from './plan-problem.ts'

/** What build args with a meaning of their own ask for. */
export interface BuildArgSettings {
  /** BUILDKIT_SANDBOX_HOSTNAME */
  readonly hostname?: string
  /** BUILDKIT_CACHE_MOUNT_NS */
  readonly cacheNamespace?: string
}

/** Build args that BuildKit takes for itself, whether or not a Dockerfile declares them. */
const builtIn: ReadonlySet<string> = new Set([
  'BUILDKIT_BUILD_NAME',
  'BUILDKIT_CACHE_MOUNT_NS',
  'BUILDKIT_CONTEXT_KEEP_GIT_DIR',
  'BUILDKIT_DOCKERFILE_CHECK',
  'BUILDKIT_INLINE_CACHE',
  'BUILDKIT_MULTI_PLATFORM',
  'BUILDKIT_SANDBOX_HOSTNAME',
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
  'BUILDKIT_SYNTAX',
  'SOURCE_DATE_EPOCH',
])

const platformArg = /^(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|^TARGETSTAGE$/

/** Never "unused", even when no ARG declares it. */
export const isBuiltInArg = (name: string): boolean => builtIn.has(name) || platformArg.test(name)

/** ARGs that steer an SBOM scan: they are shown in history, but are no variables of the stage. */
export const isScanArg = (name: string): boolean =>
  name === 'BUILDKIT_SBOM_SCAN_CONTEXT' || name === 'BUILDKIT_SBOM_SCAN_STAGE'

export const readBuildArgSettings = (buildArgs: ReadonlyMap<string, string>): BuildArgSettings => {
  const hostname = buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME')
  const cacheNamespace = buildArgs.get('BUILDKIT_CACHE_MOUNT_NS')
  return { ...(hostname ? { hostname } : {}), ...(cacheNamespace ? { cacheNamespace } : {}) }
}

/** Undefined when there is none; a problem when it is no whole number of seconds. */
export const readSourceDateEpoch = (text: string | undefined): number | undefined | PlanProblem => {
  if (text === undefined || text === '') return undefined
  const seconds = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(seconds)) return seconds
  return {
    code: 'bad-source-date-epoch',
    message: `expected SOURCE_DATE_EPOCH to be seconds since 1970, "context", or the name of a context or stage, found ${JSON.stringify(text)}`,
    hint: 'for example --build-arg SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct)',
  }
}
