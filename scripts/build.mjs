// Bundles each program into one CommonJS file (Node 20 starts an ES module 15 ms later), and each package that only some
// commands need into a file of its own under dist/vendor, which is read when it is called for. Then the programs are run
// once, so that V8's compiled code lies beside them.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const whole = (name) => `module.exports = require(${JSON.stringify(name)})`
const lazy = {
  '@zip.js/zip.js': whole('@zip.js/zip.js'),
  commander: whole('commander'),
  'dockerfile-ast': whole('dockerfile-ast'),
  fzstd: whole('fzstd'),
  'smol-toml': whole('smol-toml'),
  ora: "import ora from 'ora'; module.exports = ora",
  'tar-stream': whole('tar-stream'),
  'xz-decompress': whole('xz-decompress'),
  yaml: whole('yaml'),
}
const vendorFile = (name) => `vendor/${name}.cjs`

/** Modules of Node that take milliseconds to load and that few commands need. */
const lateBuiltins = ['child_process', 'net', 'stream', 'timers/promises', 'zlib']

/** In place of such a module: its names, each of which loads it when it is asked for. */
const lateBuiltinModules = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${lateBuiltins.join('|')})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ''),
      namespace: 'late-builtin',
    }))
    onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => {
      const load = `process.getBuiltinModule(${JSON.stringify(path)})`
      const names = Object.keys(process.getBuiltinModule(path)).map(
        (name) => `get ${name}() { return ${load}.${name} },`,
      )
      return { contents: `module.exports = {${names.join('')}}` }
    })
  },
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  charset: 'ascii',
  plugins: [lateBuiltinModules],
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
const sources = {
  ...common,
  outdir: join(out, 'bundle'),
  outExtension: { '.js': '.cjs' },
  plugins: [lateBuiltinModules, lazyPackages],
}
const bundleUrl = "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;"
await build({ ...sources, entryPoints: { index: 'src/index.ts' }, banner: { js: bundleUrl } })
await build({
  ...sources,
  entryPoints: { tsbuild: 'src/cli/tsbuild.ts', tsrun: 'src/cli/tsrun.ts', tsrunc: 'src/cli/tsrunc.ts' },
  // The function that scripts/launcher.cjs calls.
  banner: { js: `(function (exports, require, module, __filename) {${bundleUrl}` },
  footer: { js: '})' },
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

// A file of its own, since a thread starts with one. Its coder of zstd looks for the WebAssembly beside it.
await build({
  entryPoints: ['src/store/compression/block-thread.mjs'],
  outfile: join(out, 'bundle', 'block-thread.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  charset: 'ascii',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url), __dirname = import.meta.dirname;",
  },
  logLevel: 'warning',
})
copyFileSync('node_modules/@bokuweb/zstd-wasm/dist/common/zstd.wasm', join(out, 'bundle', 'zstd.wasm'))

for (const name of ['tsbuild', 'tsrun', 'tsrunc']) copyFileSync('scripts/launcher.cjs', `${out}/${name}.cjs`)

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
  mkdirSync(join(work, 'rootfs'))
  const namespaces = ['pid', 'network', 'mount', 'ipc', 'uts'].map((type) => ({ type }))
  const bundle = {
    ociVersion: '1.2.0',
    process: { args: ['/none'], cwd: '/' },
    root: { path: 'rootfs' },
    linux: { namespaces },
  }
  writeFileSync(join(work, 'config.json'), JSON.stringify(bundle))
  run('tsrunc', '--root', join(work, 'state'), 'run', '--bundle', work, 'warm')
  rmSync(work, { recursive: true, force: true })
}
recordCodeCache()

if (existsSync('dist')) renameSync('dist', `${out}.old`)
renameSync(out, 'dist')
rmSync(`${out}.old`, { recursive: true, force: true })
