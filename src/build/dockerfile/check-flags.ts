import { suggest } from '../../foundation/errors/index.ts'
import type { Report } from './report.ts'
import type { SourceLine } from './source-line.ts'

/** `text` takes a value, `list` may be repeated, `switch` is true or false. */
type FlagKind = 'text' | 'list' | 'switch'

const table: Readonly<Record<string, Readonly<Record<string, FlagKind>>>> = {
  FROM: { platform: 'text' },
  RUN: { mount: 'list', network: 'text', security: 'text', device: 'list' },
  COPY: { from: 'text', chown: 'text', chmod: 'text', link: 'switch', parents: 'switch', exclude: 'list' },
  ADD: {
    chown: 'text',
    chmod: 'text',
    link: 'switch',
    exclude: 'list',
    checksum: 'text',
    'keep-git-dir': 'switch',
    unpack: 'switch',
  },
  HEALTHCHECK: {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  },
}

/** Flags of one instruction, checked against what docker knows. */
export interface CheckedFlags {
  text(name: string): string | undefined
  list(name: string): readonly string[]
  /** Undefined when it was not said. */
  switch(name: string): boolean | undefined
}

/** Reports unknown and repeated flags, flags without a value, and switches that are neither true nor false. */
export const checkFlags = (line: SourceLine, report: Report): CheckedFlags => {
  const known = table[line.keyword] ?? {}
  const seen = new Map<string, string[]>()
  for (const { name, value } of line.flags) {
    const kind = known[name]
    if (kind === undefined) reportUnknown(line.keyword, name, Object.keys(known), report)
    else if (seen.has(name) && kind !== 'list')
      report({
        code: 'duplicate-flag',
        message: `expected --${name} once, found it again`,
        part: { flag: name },
      })
    else if (value === undefined && kind !== 'switch')
      report({
        code: 'flag-without-value',
        message: `expected --${name}=VALUE, found --${name}`,
        hint: `write the value after "=", without a space`,
        part: { flag: name },
      })
    else if (kind === 'switch' && !['true', 'false', undefined].includes(value?.toLowerCase()))
      report({
        code: 'bad-flag-value',
        message: `expected --${name} to be true or false, found ${JSON.stringify(value)}`,
        part: { flag: name },
      })
    else keep(seen, name, value ?? 'true')
  }
  return {
    text: (name) => seen.get(name)?.[0],
    list: (name) => seen.get(name) ?? [],
    switch: (name) => {
      const value = seen.get(name)?.[0]
      return value === undefined ? undefined : value.toLowerCase() === 'true'
    },
  }
}

const keep = (seen: Map<string, string[]>, name: string, value: string): void => {
  const values = seen.get(name)
  if (values) values.push(value)
  else seen.set(name, [value])
}

const reportUnknown = (keyword: string, name: string, known: readonly string[], report: Report): void => {
  const near = suggest(name, known)
  const all = known.map((each) => `--${each}`).join(' ')
  report({
    code: 'unknown-flag',
    message: `${keyword} has no flag --${name}`,
    hint: near ? `did you mean --${near}?` : all === '' ? `${keyword} has no flags` : `it has ${all}`,
    part: { flag: name },
  })
}
