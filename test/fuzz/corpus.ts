import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../../fixtures/fuzz')

/** Inputs that are kept of a target, by name. */
export const readCorpus = (target: string): readonly (readonly [name: string, input: Buffer])[] => {
  const place = join(directory, target)
  if (!existsSync(place)) return []
  return readdirSync(place)
    .sort()
    .map((name) => [name, readFileSync(join(place, name))])
}

/** Keeps an input, named by its digest: `bug-` in front when it broke something. */
export const keep = (target: string, input: Buffer, isBug: boolean): string => {
  const place = join(directory, target)
  mkdirSync(place, { recursive: true })
  const name = `${isBug ? 'bug-' : ''}${createHash('sha256').update(input).digest('hex').slice(0, 16)}`
  writeFileSync(join(place, name), input)
  return join('fixtures/fuzz', target, name)
}
