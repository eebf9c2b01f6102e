import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from './parse-verb.ts'

/**
 * The variables of --env-file and -e, files first. `NAME` without a value is taken from our own environment and left out
 * where it is not set. Throws `usage`.
 */
export const parseEnvironment = (
  cli: Pick<CliContext, 'env' | 'cwd'>,
  files: readonly string[],
  words: readonly string[],
): readonly string[] => [
  ...files.flatMap((file) => readEnvFile(resolve(cli.cwd, file), cli)),
  ...words.flatMap((word) => complete(word, cli)),
]

/** Lines `NAME=value`; empty ones and those that start with # are skipped; nothing is quoted. */
const readEnvFile = (path: string, cli: Pick<CliContext, 'env'>): readonly string[] => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw usage('run', `--env-file ${path}: ${errnoOf(error) ?? 'cannot be read'}`, 'check the path')
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, index) => {
      const entry = line.trimStart()
      if (entry === '' || entry.startsWith('#')) return []
      if (/\s/.test(entry.split('=', 1)[0] ?? '')) {
        throw usage('run', `--env-file ${path}: line ${index + 1}: a name has no blanks`)
      }
      return complete(entry, cli)
    })
}

const complete = (word: string, { env }: Pick<CliContext, 'env'>): readonly string[] => {
  const equals = word.indexOf('=')
  if (equals === 0 || word === '') throw usage('run', `-e ${JSON.stringify(word)}: expected NAME=VALUE`)
  if (equals > 0) return [word]
  const value = env[word]
  return value === undefined ? [] : [`${word}=${value}`]
}
