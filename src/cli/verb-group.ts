import { AppError, exitCode, suggest } from '../foundation/errors/index.ts'
import type { RunVerb } from './context.ts'

/** Commands behind one word, such as `volume ls`. */
export interface VerbGroup {
  readonly name: string
  readonly verbs: Readonly<Record<string, () => Promise<RunVerb>>>
  readonly help: string
  /** The hint for a word that is like none of them. */
  readonly known: string
  /** Exit code for an unknown word. */
  readonly unknown: number
  /** Exit code where no word is given: 0 unless told otherwise. */
  readonly missing?: number
}

/** The command that runs one of the group's, or shows its help. Throws `usage`. */
export const groupOf =
  ({ name, verbs, help, known, unknown, missing = exitCode.ok }: VerbGroup): RunVerb =>
  async ([word, ...rest], cli) => {
    if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
      cli.stdout.write(help)
      return word === undefined ? missing : exitCode.ok
    }
    const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
    if (verb) return (await verb())(rest, cli)
    const near = suggest(word, Object.keys(verbs))
    throw new AppError('usage', `${name}: unknown command ${JSON.stringify(word)}`, {
      exitCode: unknown,
      hint: near ? `did you mean ${near}?` : known,
    })
  }
