import { AppError, InternalError } from '../../src/foundation/errors/index.ts'
import { type Target, Violation } from './types.ts'

/** Milliseconds, on a machine that does other things too. */
const maxTime = 5000
/** Bytes by which one input may raise the most memory that the process ever had. */
const maxGrowth = 256 << 20
/** Characters of a message: an input is not printed whole. */
const maxMessage = 4000

/**
 * What became of an input: labels of what was read, or the kind of refusal. Throws `Violation` for an error that is no `AppError`,
 * for too much time or memory, and for what the target itself does not allow.
 */
export const judge = async (target: Target, input: Buffer): Promise<readonly string[]> => {
  const memory = process.resourceUsage().maxRSS * 1024
  const start = performance.now()
  const labels = await outcomeOf(target, input)
  const time = performance.now() - start
  const growth = process.resourceUsage().maxRSS * 1024 - memory
  if (time > maxTime) throw new Violation(`${input.length} bytes took ${Math.round(time)} ms`)
  if (growth > maxGrowth) throw new Violation(`${input.length} bytes took ${growth} bytes of memory`)
  return labels
}

const outcomeOf = async (target: Target, input: Buffer): Promise<readonly string[]> => {
  try {
    return await target.read(input)
  } catch (error) {
    if (error instanceof Violation) throw error
    if (!(error instanceof AppError))
      throw new Violation(`throws ${error instanceof Error ? error.stack : String(error)}`)
    if (error.cause instanceof TypeError || error.cause instanceof ReferenceError)
      throw new Violation(`hides ${error.cause.stack}`)
    if (error instanceof InternalError) throw new Violation(`is surprised: ${error.stack}`)
    if (error.message.length > maxMessage)
      throw new Violation(`a message of ${error.message.length} characters`)
    return [`${error.code}: ${kindOf(error.message)}`]
  }
}

/** The message without what comes from the input. */
const kindOf = (message: string): string =>
  message
    .replace(/not JSON.*/s, 'not JSON')
    .replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""')
    .replaceAll(/[0-9a-f]{6,}|\d+/g, 'N')
    .slice(0, 100)
