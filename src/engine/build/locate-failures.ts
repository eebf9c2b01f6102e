import { referenceOf } from '../../build/dockerfile/index.ts'
import type { Vertex } from '../../build/graph/index.ts'
import { StepFailed } from '../../build/ops/index.ts'
import type { Executor } from '../../build/solver/index.ts'
import {
  AppError,
  DiagnosticError,
  exitCode,
  firstFailure,
  InternalError,
} from '../../foundation/errors/index.ts'
import type { DockerfileSource } from './types.ts'

/**
 * The same executor, whose failures say which instruction they come from: a `DiagnosticError` with the exit code and, as its
 * cause, the error that there was. RUN has an error of its own for that.
 */
export const locateFailures = <R>(executor: Executor<R>, dockerfile: DockerfileSource): Executor<R> => ({
  prepare: async (vertex, inputs, context) => {
    const located = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work()
      } catch (error) {
        throw context.signal.aborted ? error : locatedAt(firstFailure(error), vertex, dockerfile)
      }
    }
    const prepared = await located(() => executor.prepare(vertex, inputs, context))
    return { ...prepared, execute: () => located(() => prepared.execute()) }
  },
})

const locatedAt = (error: unknown, { source }: Vertex, dockerfile: DockerfileSource): unknown => {
  if (!(error instanceof AppError) || isOfItsOwn(error) || source?.range === undefined) return error
  const { code, message, hint } = error
  const { file, range, instruction } = source
  return new DiagnosticError(
    [
      {
        severity: 'error',
        code,
        message,
        file,
        range,
        ...(hint === undefined ? {} : { hint }),
        url: referenceOf(/^\w+/.exec(instruction)?.[0].toUpperCase() ?? ''),
      },
    ],
    new Map([[dockerfile.name, dockerfile.text]]),
    { exitCode: error.exitCode, cause: error },
  )
}

/** What says itself where it comes from, and what no change of the Dockerfile would help against. */
const isOfItsOwn = (error: AppError): boolean =>
  error instanceof StepFailed ||
  error instanceof DiagnosticError ||
  error instanceof InternalError ||
  error.exitCode === exitCode.storeIo
