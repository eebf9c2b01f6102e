import { AppError } from '../foundation/errors/index.ts'
import { formatPlatform, type Platform } from '../foundation/oci/index.ts'

/** `doing`: what cannot be done for the platform that is `wanted`, as `run app`; `found`: what the store has the image for. */
export const wrongPlatform = (
  doing: string,
  wanted: Platform,
  found: readonly Platform[],
  exitCode: number,
): AppError =>
  new AppError(
    'wrong-platform',
    `${doing} for ${formatPlatform(wanted)}: the store has it for ${found.map(formatPlatform).join(', ')}`,
    { exitCode, hint: 'leave --platform out, or bring it in for that platform' },
  )
