import { readSync } from 'node:fs'
import type { CliContext } from '../context.ts'

/** Asks on the standard error, so that the output can be redirected; true for an answer that begins with `y`. */
export const confirm = (question: string, cli: CliContext): boolean => {
  cli.stderr.write(question)
  const answer = Buffer.alloc(64)
  const length = readSync(cli.stdin.fd, answer)
  return /^\s*y/i.test(answer.toString('utf8', 0, length))
}
