import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SecretInput } from '../../engine/index.ts'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from '../images/parse-verb.ts'
import { checkKeys, keyValues } from './fields.ts'

/**
 * `id=ID[,src=FILE][,env=NAME][,type=file|env]`, by id. Without a source it is the variable of that name, else the file, as with docker;
 * a variable that is named but not set is empty. Files are read when a step asks for them. Throws `usage`.
 */
export const parseSecrets = (
  texts: readonly string[],
  cli: Pick<CliContext, 'env' | 'cwd'>,
): ReadonlyMap<string, SecretInput> => new Map(texts.map((text) => parseSecret(text, cli)))

const parseSecret = (text: string, cli: Pick<CliContext, 'env' | 'cwd'>): readonly [string, SecretInput] => {
  const fail = (why: string, hint = 'for example --secret id=token,src=token.txt'): never => {
    // The text may hold the secret itself, put in the wrong place: it is not repeated.
    throw usage('build', `--secret: ${why}`, hint)
  }
  const fields = keyValues('--secret', text)
  checkKeys('--secret', fields.keys(), ['id', 'src', 'source', 'env', 'type'])
  const id = fields.get('id')
  if (!id) return fail('the id is missing')
  const type = fields.get('type') ?? ''
  if (type !== '' && type !== 'file' && type !== 'env') {
    return fail(`type ${JSON.stringify(type)}: expected file or env`)
  }
  const source = fields.get('src') || fields.get('source')
  const name = fields.get('env') || (type === 'env' ? (source ?? id) : undefined)
  if (name !== undefined) return [id, { kind: 'value', value: cli.env[name] ?? '' }]
  const variable = source === undefined && type === '' ? cli.env[id] : undefined
  if (variable !== undefined) return [id, { kind: 'value', value: variable }]
  const path = resolve(cli.cwd, source ?? id)
  const problem = unreadable(path)
  if (problem !== undefined) return fail(`read ${path}: ${problem}`, 'give the file with src=, or env=NAME')
  return [id, { kind: 'file', path }]
}

const unreadable = (path: string): string | undefined => {
  try {
    return statSync(path).isDirectory() ? 'it is a directory' : undefined
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'there is no such file' : (errnoOf(error) ?? 'it cannot be read')
  }
}
