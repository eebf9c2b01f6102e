// Builds every example and every case of fixtures/differential with docker and with tsbuild, from the same base image and
// context, and compares the images: files, layers, config, history; and what the two refuse. Exit 1 when there is a
// difference that known.mjs does not justify, 2 when there is no docker.
//   node scripts/compare-with-docker.mjs [--verbose] [CASE...]
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findDocker, ours as ourBuilder } from './differential/builders.mjs'
import { allCases, debianName, makeContext } from './differential/cases.mjs'
import { differences } from './differential/differences.mjs'
import { known } from './differential/known.mjs'
import { readImage } from './differential/read-image.mjs'

const bases = ['busybox:1.35']
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const verbose = process.argv.includes('--verbose')

const debian = new URL('../.cache/debian-bookworm.tar', import.meta.url).pathname
const work = new URL('../.cache/differential', import.meta.url).pathname
mkdirSync(work, { recursive: true })
const { docker, absent } = findDocker(work)
if (!docker) {
  console.log(`nothing is compared: ${absent}`)
  process.exit(2)
}
const ours = ourBuilder(work)

const indent = (text) => text.replace(/^/gm, '      ')
const line = ({ part, where, field, docker, ours }) =>
  `  ${part} ${where} ${field}:\n      docker  ${docker}\n      tsbuild ${ours}`

/** What each must do: refuse-* is wrong for both; unsupported-* is not in tsbuild yet, and stricter-* never will be. */
const expectations = (name) =>
  name.startsWith('refuse-')
    ? { docker: 'refused', tsbuild: 'refused' }
    : { docker: 'accepted', tsbuild: /^(unsupported|stricter)-/.test(name) ? 'refused' : 'accepted' }

const refusals = (test, results) => {
  const expected = expectations(test.name)
  const found = Object.entries(results).map(([who, { status, output }]) => {
    const verdict = status === 0 ? 'accepted' : 'refused'
    return { met: verdict === expected[who], text: `  ${verdict} by ${who}:\n${indent(output.slice(-2000))}` }
  })
  if (verbose) for (const { text } of found) console.log(text)
  const unjustified = found.filter(({ met }) => !met).map(({ text }) => text)
  return {
    note: expected.docker === 'refused' && unjustified.length === 0 ? ': refused by both' : '',
    unjustified,
    justified:
      expected.docker === expected.tsbuild
        ? []
        : [test.name.startsWith('stricter-') ? 'stricter' : 'not-supported-yet'],
  }
}

const compare = (test) => {
  const context = makeContext(test, work)
  const theirs = docker.build(context, test.name, test.options)
  const mine = ours.build(context, test.name, test.options)
  if (theirs.status !== 0 || mine.status !== 0 || /^(refuse|unsupported|stricter)-/.test(test.name))
    return refusals(test, { docker: theirs, tsbuild: mine })
  const images = Object.entries({ docker, ours }).map(([who, builder]) => {
    const path = join(work, `${who}.tar`)
    builder.save(test.name, path)
    return readImage(path)
  })
  const all = differences(...images)
  const reasons = all.map((difference) => known.find(({ applies }) => applies(difference, test.name)))
  return {
    unjustified: all.filter((_, index) => !reasons[index]).map(line),
    justified: reasons.filter(Boolean).map(({ id }) => id),
  }
}

const tests = allCases(existsSync(debian)).filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const started = []
const counts = { same: 0, justified: 0, different: 0 }
try {
  for (const base of bases) {
    const path = join(work, 'base.tar')
    docker.save(base, path)
    ours.load(path)
  }
  if (!existsSync(debian)) console.log(`no examples: ${debian} is made by scripts/base-image.sh`)
  else if (tests.some(({ example }) => example)) {
    docker.import(debian, debianName)
    started.push(debianName)
    docker.save(debianName, join(work, 'base.tar'))
    ours.load(join(work, 'base.tar'))
  }
  for (const test of tests) {
    started.push(test.name)
    const { note = '', unjustified, justified } = compare(test)
    const verdict = unjustified.length > 0 ? 'different' : justified.length > 0 ? 'justified' : 'same'
    counts[verdict]++
    const ids = [...new Set(justified)].map(
      (id) => `${id} (${justified.filter((other) => other === id).length})`,
    )
    console.log(`${verdict.padEnd(10)} ${test.name}${note} ${ids.join(', ')}`.trimEnd())
    for (const text of unjustified) console.log(text)
  }
} finally {
  if (started.length > 0) docker.forget(started)
  // The directory itself is mounted where docker lives.
  for (const name of readdirSync(work)) rmSync(join(work, name), { recursive: true, force: true })
}
console.log(
  `${counts.same} the same, ${counts.justified} with justified differences, ${counts.different} with others`,
)
process.exitCode = counts.different > 0 ? 1 : 0
