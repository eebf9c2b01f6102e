import type { BuildInputs, BuildOptions } from '../../engine/index.ts'
import { parseReference } from '../../foundation/oci/index.ts'
import type { BuildCommand } from './command.ts'
import type { OutputOption } from './output-option.ts'

/** A command line and what its words stand for, in the engine's words. Throws `bad-reference`. */
export const toBuildOptions = (command: BuildCommand, inputs: BuildInputs): BuildOptions => {
  const { target, platform, platforms, jobs, exec, resources, cgroupParent, entitlements } = command
  return {
    context: inputs.context,
    contexts: inputs.contexts,
    dockerfile: inputs.dockerfile,
    ...(target !== undefined && { target }),
    buildArgs: command.buildArgs,
    labels: command.labels,
    annotations: command.annotations,
    names: namesOf(command).map(parseReference),
    noCache: command.noCache,
    noCacheFilter: command.noCacheFilter,
    network: command.network,
    pull: command.pull,
    ...(platform && { platform }),
    ...(platforms && { platforms, indexAnnotations: command.indexAnnotations }),
    ...(command.squash && { squash: true }),
    ...(command.rewriteTimestamp && { rewriteTimestamp: true }),
    ...(entitlements && { entitlements }),
    secrets: command.secrets,
    ssh: command.ssh,
    ...(exec && { exec }),
    ...(resources && { resources }),
    ...(cgroupParent !== undefined && { cgroupParent }),
    ...(jobs !== undefined && { parallelism: jobs }),
    ...cachesOf(command),
    sync: command.sync,
  }
}

const cachesOf = ({
  cacheFrom,
  cacheTo,
  cacheKey,
}: BuildCommand): Pick<BuildOptions, 'cacheFrom' | 'cacheTo' | 'cacheKey'> => ({
  ...(cacheFrom && { cacheFrom }),
  ...(cacheTo && { cacheTo }),
  ...(cacheKey && { cacheKey }),
})

/** A build that is only for the cache, or for files, names nothing. */
const namesOf = ({ tags, outputs }: BuildCommand): readonly string[] =>
  outputs.length > 0 && outputs.every(({ type }) => nameless.has(type)) ? [] : tags

const nameless: ReadonlySet<OutputOption['type']> = new Set(['cacheonly', 'local', 'tar'])
