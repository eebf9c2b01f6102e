import type { RuntimeProcess, RuntimeSpec } from '../../foundation/oci/index.ts'
import { assembleSpec } from './create-spec.ts'
import { completeEnvironment, defaultPath, mergeEnvironment } from './environment.ts'
import type { BundleOptions, StepOptions } from './types.ts'

/**
 * The runtime-spec config of a RUN step: as of a container, but its environment is the build's own (with PATH and HOME
 * where that has none, without HOSTNAME) and it has no default sysctls, as under BuildKit.
 * Throws what `createSpec` throws.
 */
export const createStepSpec = (step: StepOptions): RuntimeSpec => {
  const { args, env, cwd, user, network, hostname = 'tsbuild', ...rest } = step
  const added = [`PATH=${defaultPath}`, `HOME=${user.home || '/'}`]
  const share = network === 'host' ? (['network'] as const) : []
  const options: BundleOptions = {
    ...rest,
    config: { WorkingDir: cwd },
    user,
    entrypoint: args,
    hostname,
    share,
  }
  const spec = assembleSpec(options, completeEnvironment(mergeEnvironment(env), added))
  const { sysctl: _, ...linux } = spec.linux
  return { ...spec, process: step.privileged ? withAllSets(spec.process) : spec.process, linux }
}

/** Ambient capabilities outlive the change to the step's user: as BuildKit, an insecure step has them whoever runs it. */
const withAllSets = (process: RuntimeProcess): RuntimeProcess => {
  const { permitted } = process.capabilities
  return { ...process, capabilities: { ...process.capabilities, inheritable: permitted, ambient: permitted } }
}
