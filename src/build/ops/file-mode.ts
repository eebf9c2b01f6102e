import { AppError, exitCode } from '../../foundation/errors/index.ts'

/** What --chmod does to a file. */
export interface ModeChange {
  /** New permission bits (0..0o7777). */
  apply(mode: number, directory: boolean): number
  /** Bits of directories that are made on the way to the destination: those of an octal mode, less the umask of every dockerd (022); else 0755. */
  readonly implicitDirectory: number
}

/** Reads the text of --chmod: octal, or symbolic as chmod(1) (without a umask: `+w` is for all). Throws `bad-chmod`. */
export const parseModeChange = (text: string): ModeChange => {
  if (/^[0-7]{1,5}$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode <= 0o7777) return { apply: () => mode, implicitDirectory: mode & 0o755 }
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text))
  return {
    apply: (mode, directory) => clauses.flat().reduce((bits, change) => change(bits, directory), mode),
    implicitDirectory: 0o755,
  }
}

type Change = (mode: number, directory: boolean) => number

const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }
const special: Readonly<Record<string, number>> = { u: 0o4000, g: 0o2000, o: 0 }

const parseClause = (clause: string, whole: string): readonly Change[] => {
  const match = /^([ugoa]*)((?:[-+=][ugorwxXst]*)+)$/.exec(clause)
  if (match === null) {
    throw new AppError(
      'bad-chmod',
      `read --chmod ${JSON.stringify(whole)}: expected an octal or symbolic mode`,
      {
        exitCode: exitCode.badDockerfile,
        hint: 'for example 0755, or u=rwX,go=rX',
      },
    )
  }
  const [, named = '', operations = ''] = match
  const who = named === '' || named.includes('a') ? 'ugo' : named
  return operationsIn(operations).map(
    ({ operator, permissions }): Change =>
      (mode, directory) => {
        const scope = scopeOf(named, permissions)
        const bits = bitsOf(permissions, who, mode, directory) & scope
        if (operator === '+') return mode | bits
        if (operator === '-') return mode & ~bits
        return (mode & ~(clearedBy(who, permissions) & scope)) | bits
      },
  )
}

interface Operation {
  readonly operator: string
  /** One class to copy the bits of, or any number of other letters. */
  readonly permissions: string
}

/** `+ut` is `+u` and then `+t`; of `=ut` the second only adds. */
const operationsIn = (text: string): readonly Operation[] =>
  [...text.matchAll(/([-+=])([^-+=]*)/g)].flatMap(([, operator = '', permissions = '']) =>
    (permissions.match(/[ugo]|[^ugo]+/g) ?? ['']).map((piece, index) => ({
      operator: operator === '=' && index > 0 ? '+' : operator,
      permissions: piece,
    })),
  )

/**
 * Bits that an operation may touch. As in docker, `t` means nothing to others alone (`o+t`), and without "who" it is all that the
 * operation is about (`+rt` is `+t`).
 */
const scopeOf = (who: string, permissions: string): number => {
  if (!permissions.includes('t')) return 0o7777
  if (who === '') return 0o1000
  return /^o+$/.test(who) ? 0o6777 : 0o7777
}

/** `=` takes away set-id bits too, except when it copies the bits of a class; never the sticky bit (as docker). */
const clearedBy = (who: string, permissions: string): number => {
  const copies = permissions !== '' && permissions in shifts
  return [...who].reduce(
    (bits, one) => bits | (0o7 << (shifts[one] ?? 0)) | (copies ? 0 : (special[one] ?? 0)),
    0,
  )
}

const bitsOf = (permissions: string, who: string, mode: number, directory: boolean): number => {
  let bits = 0
  for (const one of who) {
    for (const permission of permissions) bits |= bitOf(permission, one, mode, directory)
  }
  return bits
}

/** `X` is execute for directories and for files that somebody may execute; `u`, `g`, `o` copy the bits of that class. */
const bitOf = (permission: string, one: string, mode: number, directory: boolean): number => {
  const shift = shifts[one] ?? 0
  switch (permission) {
    case 'r':
      return 4 << shift
    case 'w':
      return 2 << shift
    case 'x':
      return 1 << shift
    case 'X':
      return directory || (mode & 0o111) !== 0 ? 1 << shift : 0
    case 's':
      return special[one] ?? 0
    case 't':
      return 0o1000
    default:
      return ((mode >> (shifts[permission] ?? 0)) & 7) << shift
  }
}
