import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const project = new URL('../../', import.meta.url).pathname
const old = '2020-02-02 02:02:02 UTC'

/** What both know the examples' base by: docker's own debian:bookworm may be another. */
export const debianName = 'tsbuild-differential:debian'

const caseAt = (directory, name) => {
  const options = join(directory, name, 'options.json')
  return {
    name,
    directory: join(directory, name),
    options: existsSync(options) ? JSON.parse(readFileSync(options, 'utf8')) : [],
  }
}

/** In this order: copy-from-image takes a file of the image that hello makes. */
const examples = ['hello', 'copy-from-image', 'href-counter', 'two-builders', 'nginx']

export const allCases = (withExamples) => {
  const fixtures = join(project, 'fixtures/differential')
  return [
    ...(withExamples ? examples : []).map((name) => ({
      ...caseAt(join(project, 'Dockerfile.examples'), name),
      options: ['--network=host'],
      example: true,
    })),
    ...readdirSync(fixtures)
      .sort()
      .map((name) => caseAt(fixtures, name)),
  ]
}

/**
 * A copy of the case's context in `work`, with what version control cannot keep: its prepare.sh makes links, modes and empty
 * directories, and everything is of the same old time.
 */
export const makeContext = ({ name, directory }, work) => {
  const context = join(work, 'contexts', name)
  rmSync(context, { recursive: true, force: true })
  mkdirSync(join(work, 'contexts'), { recursive: true })
  cpSync(directory, context, { recursive: true, verbatimSymlinks: true })
  const script = `umask 022; if [ -e prepare.sh ]; then . ./prepare.sh; rm prepare.sh; fi
    rm -f options.json; sed -i 's/debian:bookworm/${debianName}/' Dockerfile; find . -exec touch -h -d '${old}' {} +`
  const { status, stderr } = spawnSync('sh', ['-ec', script], { cwd: context, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name}/prepare.sh: exit ${status}\n${stderr}`)
  return context
}
