import { type AppError, InternalError } from '../errors/index.ts'
import { helperKilled } from './helper-killed.ts'
import { NativeError } from './native-error.ts'

/** Why the helper's verb `fsops` ended, by what it left on stderr (native/fsops.c). */
export const failureOf = (
  operation: string,
  { status, stderr }: { readonly status: number | string | null; readonly stderr: Buffer },
): AppError => {
  if (status === 'SIGKILL') return helperKilled(`fsops ${operation}`)
  const words = stderr.toString('utf8')
  const [step, errno, arg, text] = words.split('\0')
  if (step === undefined || errno === undefined || arg === undefined || text === undefined)
    return new InternalError(`helper fsops ${operation}: status ${status}, ${words}`)
  return new NativeError({ step, errno, arg, text })
}
