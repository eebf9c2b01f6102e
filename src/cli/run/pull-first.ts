import { openStore, type PullPolicy, transferCases } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { Platform } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { pullPolicy } from '../pull-policy.ts'
import { usage } from './parse-verb.ts'

export interface PullFlags {
  readonly pull?: string
  readonly quiet?: boolean
}

/** What a new container is made of, and how its image is had. */
export interface PullingRun {
  readonly verb: string
  readonly image: string
  readonly flags: PullFlags
  readonly platform?: Platform | undefined
}

/**
 * Makes a container; its image is pulled first where each run wants that, and where the store does not have it. What has its image
 * pays nothing for this.
 */
export const withPull = async <T>(run: PullingRun, cli: CliContext, make: () => Promise<T>): Promise<T> => {
  const policy = policyOf(run.verb, run.flags, cli)
  if (policy === 'always') await pullNow(run, cli)
  try {
    return await make()
  } catch (error) {
    if (policy !== 'missing' || !(error instanceof AppError) || error.code !== 'no-such-image') throw error
  }
  if (!run.flags.quiet) cli.stderr.write(`Unable to find image '${run.image}' locally\n`)
  await pullNow(run, cli)
  return make()
}

const pullNow = async ({ image, flags, platform }: PullingRun, cli: CliContext): Promise<void> => {
  const { notPulled } = await transferCases()
  const { pullShown } = await import('../images/pull.ts')
  const wish = { name: image, quiet: flags.quiet === true, ...(platform ? { platform } : {}) }
  try {
    await pullShown(cli, wish, cli.stderr)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { images } = openStore({ root: cli.root })
    throw asEngine(images.resolve(image) ? error : notPulled(images, image, error))
  }
}

const policyOf = (verb: string, { pull }: PullFlags, { env }: CliContext): PullPolicy => {
  const policy = pullPolicy(pull, env)
  if (policy) return policy
  throw usage(verb, `--pull ${pull}: expected missing, never or always`)
}

/** docker's code for whatever goes wrong before there is a container. */
const asEngine = ({ code, message, hint, details, cause }: AppError): AppError =>
  new AppError(code, message, { exitCode: exitCode.engine, details, cause, ...(hint ? { hint } : {}) })
