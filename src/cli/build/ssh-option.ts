import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SshInput } from '../../engine/index.ts'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from '../images/parse-verb.ts'

/** `default`, or `ID[=SOCKET|KEY[,KEY]]`, by id. Without a path it is the agent of SSH_AUTH_SOCK. Throws `usage`. */
export const parseSsh = (
  texts: readonly string[],
  cli: Pick<CliContext, 'env' | 'cwd'>,
): ReadonlyMap<string, SshInput> => new Map(texts.map((text) => parseOne(text, cli)))

const parseOne = (text: string, cli: Pick<CliContext, 'env' | 'cwd'>): readonly [string, SshInput] => {
  const fail = (why: string, hint: string): never => {
    throw usage('build', `--ssh ${JSON.stringify(text)}: ${why}`, hint)
  }
  const [id = '', list] = text.split(/=(.*)/s, 2)
  if (id === '') return fail('the id is missing', 'for example --ssh default')
  const agent = cli.env['SSH_AUTH_SOCK']
  const words = list ? list.split(',') : agent ? [agent] : []
  if (words.length === 0) {
    return fail('there is no agent', 'start one (ssh-agent), or name a key: --ssh default=FILE')
  }
  const paths = words.map((word) => resolve(cli.cwd, word))
  const sockets = paths.filter((path) => isSocket(path, (why) => fail(why, 'check the path')))
  const [socket] = sockets
  if (socket === undefined) return [id, { kind: 'keys', paths }]
  if (paths.length > 1) return fail('one socket, or keys', 'keys of an agent need no files')
  return [id, { kind: 'agent', socket }]
}

const isSocket = (path: string, fail: (why: string) => never): boolean => {
  try {
    const stat = statSync(path)
    return stat.isDirectory() ? fail(`${path} is a directory`) : stat.isSocket()
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return fail(errnoOf(error) === 'ENOENT' ? `there is no ${path}` : `${path}: ${errnoOf(error) ?? ''}`)
  }
}
