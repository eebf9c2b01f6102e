import { AppError, exitCode } from '../errors/index.ts'

/** What to look at when somebody killed the helper: mostly that is the kernel, for want of memory. */
export const killedHint = 'see whether the machine is out of memory (dmesg), and try again'

/** A verb of the helper, such as `inflate`, was ended by SIGKILL: no bug of ours. */
export const helperKilled = (verb: string): AppError<'native-died'> =>
  new AppError('native-died', `run helper ${verb}: its process was killed by SIGKILL`, {
    exitCode: exitCode.engine,
    hint: killedHint,
  })
