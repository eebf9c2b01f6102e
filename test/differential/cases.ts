import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isObject, objectOf } from './json.ts'
import type { Case, CaseOptions } from './types.ts'

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const record = (value: unknown): Readonly<Record<string, string>> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {}

const members = [
  'title',
  'feature',
  'options',
  'arguments',
  'env',
  'stdin',
  'before',
  'stricter',
  'looser',
  'secret',
]

const parseOptions = (text: string, path: string): CaseOptions => {
  const value = objectOf(JSON.parse(text))
  const unknown = Object.keys(value).filter((key) => !members.includes(key))
  if (unknown.length > 0) throw new Error(`${path}: unknown ${unknown.join(', ')}`)
  const reason = (key: 'stdin' | 'stricter' | 'looser'): Partial<CaseOptions> =>
    value[key] === undefined ? {} : { [key]: String(value[key]) }
  return {
    title: String(value['title'] ?? ''),
    feature: String(value['feature'] ?? ''),
    options: strings(value['options']),
    arguments: value['arguments'] === undefined ? ['.'] : strings(value['arguments']),
    env: record(value['env']),
    before: record(value['before']),
    secret: strings(value['secret']),
    ...reason('stdin'),
    ...reason('stricter'),
    ...reason('looser'),
  }
}

/** Every directory below `root` with a case.json, or with nothing but a Dockerfile and its context, sorted by name. */
export const readCases = (root: string): readonly Case[] =>
  readdirSync(root)
    .sort()
    .map((name) => ({ name, directory: join(root, name), path: join(root, name, 'case.json') }))
    .filter(({ directory, path }) => existsSync(path) || existsSync(join(directory, 'Dockerfile')))
    .map(({ name, directory, path }) => ({
      name,
      directory,
      options: parseOptions(existsSync(path) ? readFileSync(path, 'utf8') : '{}', path),
    }))

/** Files of a case that are not part of its context. */
const about = ['case.json', 'expected.json', 'expect', 'options.json', 'make.sh']

const old = new Date('2020-02-02T02:02:02Z')
const recent = Date.parse('2021-01-01T00:00:00Z')

/** Modes as version control keeps them, whatever the umask of the checkout was. */
const settleModes = (path: string): void => {
  const stat = lstatSync(path)
  if (stat.isDirectory()) {
    chmodSync(path, 0o755)
    for (const name of readdirSync(path)) settleModes(join(path, name))
  } else if (stat.isFile()) chmodSync(path, stat.mode & 0o100 ? 0o755 : 0o644)
}

/** Gives everything that make.sh did not date the same old time. */
const settleTimes = (path: string): void => {
  const stat = lstatSync(path)
  if (stat.isDirectory()) for (const name of readdirSync(path)) settleTimes(join(path, name))
  if (stat.mtimeMs > recent) lutimesSync(path, old, old)
}

/**
 * A copy of the case's directory below `work`, with what version control cannot keep: its make.sh makes links, modes, empty
 * and big files. `@SERVER@` in Dockerfiles is the address of its `served` directory.
 */
export const makeContext = (test: Case, work: string, server: string): string => {
  const context = join(work, test.name)
  rmSync(context, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  cpSync(test.directory, context, { recursive: true, verbatimSymlinks: true })
  for (const name of about) rmSync(join(context, name), { recursive: true, force: true })
  settleModes(context)
  const make = join(test.directory, 'make.sh')
  if (existsSync(make))
    execFileSync('sh', ['-euc', `umask 022; . '${make}'`], {
      env: { ...process.env, CASES: join(test.directory, '..') },
      cwd: context,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  for (const name of readdirSync(context).filter((file) => file.includes('Dockerfile'))) {
    const path = join(context, name)
    if (!lstatSync(path).isFile()) continue
    const text = readFileSync(path, 'latin1')
    if (text.includes('@SERVER@')) writeFileSync(path, text.replaceAll('@SERVER@', server), 'latin1')
  }
  settleTimes(context)
  return context
}
