import type { CliContext, RunVerb } from '../../src/cli/context.ts'
import { renderFailure } from '../../src/cli/fail.ts'

/** What a verb printed and returned, as a shell would see it. */
export interface VerbResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The output as bytes. */
  readonly bytes: Buffer
}

/** Runs a verb in this process with outputs in memory; errors are rendered as the programs do. */
export const runVerb = async (
  run: RunVerb,
  argv: readonly string[],
  over: Partial<CliContext> & Pick<CliContext, 'root'>,
): Promise<VerbResult> => {
  const out: Buffer[] = []
  const err: Buffer[] = []
  const into = (chunks: Buffer[]) => ({
    isTTY: false,
    columns: 80,
    write: (chunk: string | Uint8Array) => void chunks.push(Buffer.from(chunk)),
  })
  const cli: CliContext = {
    stdout: into(out),
    stderr: into(err),
    stdin: { fd: -1, isTTY: true },
    env: { TSBUILD_PULL: 'never' },
    cwd: '/',
    runRoot: '/nonexistent',
    now: () => Date.parse('2026-11-22T03:02:03Z'),
    ...over,
  }
  let code: number
  try {
    code = await run(argv, cli)
  } catch (error) {
    const failure = renderFailure(error, { program: 'tsbuild' })
    err.push(Buffer.from(failure.text))
    code = failure.exitCode
  }
  const bytes = Buffer.concat(out)
  return { code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() }
}
