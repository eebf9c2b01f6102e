import type { UserNamespaceWish } from '../../engine/index.ts'
import { usage } from './parse-verb.ts'

/** --userns and what goes with it. */
export interface UsernsFlags {
  readonly userns?: string
  readonly uidmap?: readonly string[]
  readonly gidmap?: readonly string[]
  readonly subuidname?: string
  readonly subgidname?: string
}

type Mapping = Extract<UserNamespaceWish, { kind: 'maps' }>['uids'][number]

/**
 * Podman's words. `ids` is `START:SIZE`, where `auto` takes ids from instead of /etc/subuid and /etc/subgid. Undefined: the host's user
 * namespace. Throws `usage`.
 */
export const userNamespaceWish = (
  flags: UsernsFlags,
  ids: string | undefined,
): UserNamespaceWish | undefined => {
  const { userns = '', uidmap = [], gidmap = [], subuidname, subgidname } = flags
  const own = uidmap.length + gidmap.length > 0
  const named = subuidname ?? subgidname
  if (own && named !== undefined)
    throw usage('run', '--uidmap and --gidmap: they do not go with --subuidname and --subgidname')
  const mapped = own || named !== undefined
  if (mapped && userns !== '' && userns !== 'private')
    throw usage(
      'run',
      `--userns ${userns}: it does not go with --uidmap, --gidmap, --subuidname or --subgidname`,
    )
  if (named !== undefined) return { kind: 'names', user: subuidname ?? named, group: subgidname ?? named }
  if (own)
    return {
      kind: 'maps',
      uids: uidmap.flatMap((text) => mappings('--uidmap', text)),
      gids: gidmap.flatMap((text) => mappings('--gidmap', text)),
    }
  return modeOf(userns, ids)
}

const modeOf = (text: string, ids: string | undefined): UserNamespaceWish | undefined => {
  const [mode = '', options] = text.split(/:(.*)/s, 2)
  if (options !== undefined && mode === 'auto') return automatic(text, options.split(','), ids)
  if (options && mode === 'container') return { kind: 'container', name: options }
  switch (text) {
    case '':
    case 'host':
      return undefined
    case 'auto':
      return automatic(text, [], ids)
    case 'keep-id':
      return { kind: 'keep-id' }
    case 'private':
      throw usage(
        'run',
        '--userns private: which ids of the host is it to have?',
        'say it with --uidmap, --gidmap, --subuidname or --subgidname, or use --userns auto',
      )
    case 'nomap':
      throw usage('run', '--userns nomap: it is for users other than root', 'use --userns auto')
    default:
      throw usage(
        'run',
        `--userns ${JSON.stringify(text)}: expected host, auto[:size=N,...], keep-id, private or container:NAME`,
      )
  }
}

const automatic = (text: string, words: readonly string[], ids: string | undefined): UserNamespaceWish => {
  let size: number | undefined
  const maps: { readonly uids: Mapping[]; readonly gids: Mapping[] } = { uids: [], gids: [] }
  for (const word of words) {
    const [key, value = ''] = word.split(/=(.*)/s, 2)
    if (key === 'uidmapping') maps.uids.push(mapping('--userns', value))
    else if (key === 'gidmapping') maps.gids.push(mapping('--userns', value))
    else if (key === 'size' && /^[1-9]\d{0,9}$/.test(value)) size = Number(value)
    else
      throw usage(
        'run',
        `--userns ${JSON.stringify(text)}: expected size=N, uidmapping=ID:HOST:SIZE or gidmapping=ID:HOST:SIZE`,
      )
  }
  return {
    kind: 'auto',
    ...maps,
    ...(size === undefined ? {} : { size }),
    ...(ids === undefined ? {} : { ids }),
  }
}

/** Several with commas between. */
const mappings = (flag: string, text: string): readonly Mapping[] =>
  text.split(',').map((word) => mapping(flag, word))

/** `ID:HOST[:SIZE]`; podman's @ before an id of the host says what is so for root anyway. */
const mapping = (flag: string, text: string): Mapping => {
  const match = /^(\d{1,10}):@?(\d{1,10})(?::(\d{1,10}))?$/.exec(text)
  const [containerID, hostID, size] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 1)]
  if (match && size > 0 && containerID + size <= 0xffffffff && hostID + size <= 0xffffffff)
    return { containerID, hostID, size }
  throw usage('run', `${flag} ${JSON.stringify(text)}: expected ID:HOST:SIZE, such as 0:100000:65536`)
}
