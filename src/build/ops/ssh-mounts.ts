import { AppError } from '../../foundation/errors/index.ts'
import type { SshMount } from '../graph/index.ts'
import type { ExecEnvironment, StepAgent } from './types.ts'

/** The agent that a mount asks for; undefined when there is none and none is required. Throws `missing-ssh`. */
export const agentOf = async (
  mount: SshMount,
  environment: Pick<ExecEnvironment, 'sshAgent'>,
  signal: AbortSignal,
): Promise<StepAgent | undefined> => {
  const agent = await environment.sshAgent(mount.id, signal)
  if (agent || !mount.required) return agent
  throw new AppError(
    'missing-ssh',
    `mount the SSH agent ${mount.id}: it is required, and the build was given none of this id`,
    {
      hint: `give it with --ssh ${mount.id}${mount.id === 'default' ? '' : '=SOCKET'}, or --ssh ${mount.id}=KEYFILE`,
    },
  )
}
