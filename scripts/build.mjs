// Bundles each program into one CommonJS file (Node 20 starts an ES module 15 ms later), and each package that only some
// commands need into a file of its own under dist/vendor, which is read when it is called for. Then the programs are run
// once, so that V8's compiled code lies beside them.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const whole = (name) => `module.exports = require(${JSON.stringify(name)})`
const lazy = {
  commander: whole('commander'),
  'dockerfile-ast': whole('dockerfile-ast'),
  ora: "import ora from 'ora'; module.exports = ora",
  'tar-stream': whole('tar-stream'),
}
const vendorFile = (name) => `vendor/${name}.cjs`

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  // import() would go through the loader of ES modules, which costs what CommonJS saves.
  supported: { 'dynamic-import': false },
  define: { TSBUILD_VERSION: JSON.stringify(version), 'import.meta.url': '__bundleUrl' },
}

/** Imports of lazy packages become `require('../vendor/NAME.cjs')` at the place where the importing module is first run. */
const lazyPackages = {
  name: 'lazy-packages',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(lazy).join('|')})$`) }, ({ path }) => ({
      path: `../${vendorFile(path)}`,
      external: true,
    }))
  },
}

// Made beside dist and moved there, so that a program that is started meanwhile finds the old one whole.
const out = `dist.${process.pid}.tmp`
await build({
  ...common,
  entryPoints: {
    'bundle/tsbuild': 'src/cli/tsbuild.ts',
    'bundle/tsrun': 'src/cli/tsrun.ts',
    'bundle/index': 'src/index.ts',
  },
  outdir: out,
  outExtension: { '.js': '.cjs' },
  plugins: [lazyPackages],
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
})
await Promise.all(
  Object.entries(lazy).map(([name, contents]) =>
    build({
      ...common,
      stdin: { contents, resolveDir: '.' },
      outfile: `${out}/${vendorFile(name)}`,
      logOverride: { 'commonjs-variable-in-esm': 'silent' },
    }),
  ),
)

for (const name of ['tsbuild', 'tsrun']) copyFileSync('scripts/launcher.cjs', `${out}/${name}.cjs`)

/** The commands whose start is felt most; that they succeed is not needed, only that their code is compiled. */
const recordCodeCache = () => {
  const work = mkdtempSync(join(tmpdir(), 'tsbuild-warm-'))
  const env = { ...process.env, TSBUILD_ROOT: join(work, 'store'), TSBUILD_RUN: join(work, 'run') }
  const run = (program, ...args) => {
    try {
      execFileSync(process.execPath, [`${out}/${program}.cjs`, ...args], { env, stdio: 'ignore' })
    } catch {
      // For example without the native helper.
    }
  }
  writeFileSync(
    join(work, 'Dockerfile'),
    'FROM scratch AS a\nCOPY Dockerfile /\nFROM a\nENV A=1\nWORKDIR /w\nRUN ["/none"]\n',
  )
  writeFileSync(join(work, 'cached'), 'FROM scratch\nCOPY Dockerfile /\nWORKDIR /w\n')
  run('tsbuild', '-t', 'warm', '-f', join(work, 'cached'), work)
  env.TSBUILD_RECORD_CODE_CACHE = '1'
  run('tsbuild', '--network=none', '-t', 'warm2', '-f', join(work, 'Dockerfile'), work)
  run('tsrun', '--rm', '--network=none', 'warm', '/none')
  rmSync(work, { recursive: true, force: true })
}
recordCodeCache()

if (existsSync('dist')) renameSync('dist', `${out}.old`)
renameSync(out, 'dist')
rmSync(`${out}.old`, { recursive: true, force: true })
