// What the measured figures mean: our median against the best of the others, and against the target.
import { summary } from './statistics.mjs'

const own = 'tsbuild'

/** Shown beside the others, but no competitors: they know no images. */
const references = ['crun', 'tsrunc']

/**
 * One row judged.
 * @param row      {title, unit, target?, aside?}, as in the results; `aside` names tools that do less in this row
 * @returns {{figures, best?, ratio?, target?, met?}}
 *   figures  {TOOL: {median, least, most, idle?} | {failed}}
 *   best     the competitor with the least median, or the one that the target names
 *   ratio    our median / theirs; what a daemon has when idle counts as its
 *   target   in words: `<= 0.2` (of the best), `<= 0.5 of buildah`, `<= 120 MB`
 *   met      whether it is; absent when that cannot be said
 */
export const judge = ({ target, tools, unit, aside = [] }) => {
  const figures = Object.fromEntries(
    Object.entries(tools).map(([name, { values, failed, idle }]) => [
      name,
      failed ? { failed } : { ...summary(values), ...(idle && { idle }) },
    ]),
  )
  const ours = figures[own]?.median
  const rivals = Object.keys(figures).filter(
    (name) => name !== own && ![...references, ...aside].includes(name) && figures[name].median !== undefined,
  )
  const wanted = target?.of ? rivals.filter((name) => name === target.of) : rivals
  const whole = (name) => figures[name].median + (figures[name].idle ?? 0)
  const best = wanted.toSorted((a, b) => whole(a) - whole(b))[0]
  const ratio = best && ours !== undefined ? ours / whole(best) : undefined
  const met = isMet(target, ours, ratio)
  return {
    figures,
    ...(best && { best }),
    ...(ratio !== undefined && { ratio }),
    ...(target && { target: targetText(target, unit) }),
    ...(met !== undefined && { met }),
  }
}

const isMet = (target, ours, ratio) => {
  if (!target || ours === undefined) return undefined
  if (target.most !== undefined) return ours <= target.most
  return ratio === undefined ? undefined : ratio <= target.ratio
}

const targetText = ({ most, ratio, of }, unit) =>
  most === undefined ? `${ratio}${of ? ` of ${of}` : ''}` : `${most} ${unit}`
