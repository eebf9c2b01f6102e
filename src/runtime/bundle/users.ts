import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { ResolvedUser } from './types.ts'

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** 2^32 - 1 means "no change" to chown(2) and setresuid(2). */
const maxId = 0xffff_fffe

/**
 * Resolves `[user][:group]` by an image's own passwd and group (their text, undefined when there is none), by docker's
 * rules: '' is root; digits are always an id, whatever users are called (CVE-2016-3697), and need no entry; a name needs
 * one; the first entry wins. Without `:group` the group is that of the user's entry, else 0, and the groups that list the
 * user's name come along; with it, only that group does. Ids are 0 to 2^32-2. Lines that do not parse are skipped.
 * Throws `unknown-user`, `unknown-group`, `invalid-user`. The caller limits the size of the texts.
 */
export const resolveUser = (
  user: string,
  passwd: string | undefined,
  group: string | undefined,
): ResolvedUser => {
  const [userPart = '', groupPart = '', ...rest] = user.split(':')
  if (rest.length > 0) throw invalid(user, 'expected USER or USER:GROUP')
  const entry = findUser(userPart, passwd)
  const uid = entry?.uid ?? parseId(userPart, user) ?? 0
  const home = entry?.home || '/'
  if (groupPart !== '') {
    const gid = resolveGroup(groupPart, group)
    return { uid, gid, additionalGids: [gid], home }
  }
  const gid = entry?.gid ?? 0
  const listed = entry ? parseGroups(group).filter(({ members }) => members.includes(entry.name)) : []
  return { uid, gid, additionalGids: [...new Set([gid, ...listed.map((g) => g.gid)])], home }
}

/** Id of a group given by name or number. Throws `unknown-group`, `invalid-user`. */
export const resolveGroup = (name: string, group: string | undefined): number => {
  const id = parseId(name, name)
  if (id !== undefined) return id
  const groups = parseGroups(group)
  const found = groups.find((entry) => entry.name === name)
  if (found) return found.gid
  throw unknown('group', name, group === undefined ? undefined : groups.map((entry) => entry.name))
}

/** The entry of a name (which must exist) or of an id (which need not). '' means id 0. */
const findUser = (user: string, passwd: string | undefined): PasswdEntry | undefined => {
  const entries = parsePasswd(passwd)
  const id = user === '' ? 0 : parseId(user, user)
  const found = entries.find((entry) => (id === undefined ? entry.name === user : entry.uid === id))
  if (found || id !== undefined) return found
  throw unknown('user', user, passwd === undefined ? undefined : entries.map((entry) => entry.name))
}

/** Undefined when the text is a name. */
const parseId = (text: string, whole: string): number | undefined => {
  if (!/^\d+$/.test(text)) return undefined
  const id = Number(text)
  if (id > maxId) throw invalid(whole, `${text} is not an id, expected 0 to ${maxId}`)
  return id
}

const parsePasswd = (text = ''): readonly PasswdEntry[] =>
  linesOf(text).flatMap(([name = '', , uidText = '', gidText = '', , home = '']) => {
    const uid = fieldId(uidText)
    const gid = fieldId(gidText)
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home }]
  })

const parseGroups = (text = ''): readonly GroupEntry[] =>
  linesOf(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = fieldId(gidText)
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',') }]
  })

const linesOf = (text: string): readonly (readonly string[])[] =>
  text.split('\n').map((line) => line.trim().split(':'))

/** An id in a file: one that does not parse must not become 0, which is root. */
const fieldId = (text: string): number | undefined => {
  const id = /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  return id <= maxId ? id : undefined
}

const invalid = (user: string, problem: string): AppError =>
  new AppError('invalid-user', `parse user "${user}": ${problem}`, { exitCode: exitCode.engine })

const unknown = (kind: 'user' | 'group', name: string, names: readonly string[] | undefined): AppError => {
  const file = kind === 'user' ? '/etc/passwd' : '/etc/group'
  const near = suggest(name, names ?? [])
  const problem = names === undefined ? `the image has no ${file}` : `no such entry in the image's ${file}`
  return new AppError(`unknown-${kind}`, `find ${kind} "${name}": ${problem}`, {
    exitCode: exitCode.engine,
    hint: near ? `did you mean ${near}?` : `add the ${kind} in an earlier step, or give its number`,
  })
}
