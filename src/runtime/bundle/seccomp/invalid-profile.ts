import { AppError, exitCode } from '../../../foundation/errors/index.ts'

/** A profile that cannot be compiled; `found` says what is wrong and what was expected. */
export const invalidProfile = (found: string): AppError =>
  new AppError('invalid-seccomp-profile', `compile seccomp profile: ${found}`, {
    exitCode: exitCode.engine,
    hint: 'correct the profile given with --security-opt seccomp=FILE, or leave the option out for the default profile',
  })
