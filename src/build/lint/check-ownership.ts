import type { StageLinks } from './needed-stages.ts'
import type { Report, Source } from './types.ts'

/** RootOwnedCopy: COPY and ADD do not look at USER, which many expect. A --chown, also --chown=root, says that it is meant. */
export const checkOwnership = (
  source: Source,
  links: StageLinks,
  chosen: (index: number) => boolean,
  report: Report,
): void => {
  const users = new Map<number, string>()
  for (const { index, instructions } of source.stages) {
    const stage = source.dockerfile.stages[index]
    const base = stage && links.baseOf(stage)
    let user = (base && users.get(base.index)) ?? ''
    for (const { instruction } of instructions) {
      if (instruction.kind === 'user') user = instruction.word
      if (instruction.kind !== 'copy' && instruction.kind !== 'add') continue
      if (!chosen(index) || isRoot(user) || instruction.chown !== undefined) continue
      const keyword = instruction.kind.toUpperCase()
      report('RootOwnedCopy', instruction, `${keyword} after USER ${user} makes files that belong to root`, {
        hint: `write ${keyword} --chown=${user}, or --chown=root where that is meant`,
      })
    }
    users.set(index, user)
  }
}

/** Names that come out of variables may be anybody's. */
const isRoot = (user: string): boolean =>
  user === '' || user.includes('$') || /^["']?(?:root|0)["']?(?::|$)/.test(user)
