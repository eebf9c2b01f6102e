// Runs the end-to-end tests in two lanes, each of which sees only mounts and cgroups of its own (scripts/e2e-lane.sh), and
// takes the next file when it is done with one. Where lanes cannot be made (cgroup v2, not root), there is one.
//   node scripts/e2e.mjs [WORD...]     only files whose names contain a WORD
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('..', import.meta.url))

/** The longest first, so that no lane ends long after the other. */
const long = ['conformance', 'corpus', 'tsrun-limits', 'tsrun-networks', 'tsrun-lifecycle']

const testFiles = (words) => {
  const names = readdirSync(join(project, 'test/e2e')).filter((name) => name.endsWith('.test.ts'))
  const chosen = names.filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  const rank = (name) => {
    const at = long.indexOf(name.replace('.test.ts', ''))
    return at < 0 ? long.length : at
  }
  return chosen.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** One file; its output is shown when it fails. */
const runFile = (name, env) =>
  new Promise((resolve) => {
    const began = Date.now()
    const vitest = spawn(
      process.execPath,
      [join(project, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'e2e', `test/e2e/${name}`],
      { cwd: project, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const chunks = []
    for (const stream of [vitest.stdout, vitest.stderr]) stream.on('data', (chunk) => chunks.push(chunk))
    vitest.on('close', (code) => {
      const seconds = ((Date.now() - began) / 1000).toFixed(1)
      const output = code === 0 ? '' : Buffer.concat(chunks)
      process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} ${seconds} s\n${output}`)
      resolve(code === 0)
    })
  })

/** Whoever makes the directory has the file. */
const claim = (work, name) => {
  try {
    mkdirSync(join(work, `claim-${name}`))
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

const runLane = async (work, lane, words) => {
  const env = { TSBUILD_E2E_WORK: join(work, `lane-${lane}`) }
  let good = true
  for (const name of testFiles(words)) if (claim(work, name)) good = (await runFile(name, env)) && good
  return good
}

/** statfs(2) f_type of cgroup2. */
const cgroup2Magic = 0x63677270

const canHaveLanes = () =>
  process.getuid() === 0 &&
  existsSync('/sys/fs/cgroup/memory') &&
  statfsSync('/sys/fs/cgroup').type !== cgroup2Magic

const startLane = (work, lane, words) =>
  new Promise((resolve) => {
    const command = [process.execPath, fileURLToPath(import.meta.url), '--lane', work, String(lane), ...words]
    const name = `${process.pid}-${lane}`
    const child = spawn('sh', [join(project, 'scripts/e2e-lane.sh'), name, ...command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    })
    // A process group of its own, so that a signal reaches all of the lane, whose shell then cleans up.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.kill(-child.pid, signal))
    child.on('close', (code) => resolve(code === 0))
  })

const runAll = async (words) => {
  const debian = join(project, '.cache/debian-bookworm.tar')
  if (!existsSync(debian))
    execFileSync('sh', [join(project, 'scripts/base-image.sh'), debian], { stdio: 'inherit' })
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-lanes-'))
  try {
    const lanes = canHaveLanes()
      ? await Promise.all([1, 2].map((lane) => startLane(work, lane, words)))
      : [await runLane(work, 1, words)]
    return lanes.every(Boolean)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const [first, ...rest] = process.argv.slice(2)
const good =
  first === '--lane' ? await runLane(rest[0], rest[1], rest.slice(2)) : await runAll(process.argv.slice(2))
process.exitCode = good ? 0 : 1
