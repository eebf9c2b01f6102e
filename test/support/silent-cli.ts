import type { CliContext } from '../../src/cli/context.ts'

/** What a parser of options is given: nothing is printed, and there is no store. */
export const silentCli = (cwd: string, env: Readonly<Record<string, string>>): CliContext => {
  const silent = { write: () => {}, isTTY: false, columns: 80 }
  return {
    stdout: silent,
    stderr: silent,
    stdin: { fd: -1, isTTY: false },
    env,
    cwd,
    root: '/nonexistent',
    runRoot: '/nonexistent',
    now: () => 0,
  }
}
