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
const lateBuiltins = ['child_process', 'crypto', 'net', 'os', 'stream', 'timers/promises', 'zlib']

/** In place of such a module: its names, each of which loads it when it is asked for. */
const lateBuiltinModules = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${lateBuiltins.join('|')})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ''),
      namespace: 'late-builtin',
    }))
    onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).map(
        (name) => `get ${name}() { return load().${name} },`,
      )
      const load = `let it; const load = () => it ??= process.getBuiltinModule(${JSON.stringify(path)});`
      return { contents: `${load} module.exports = {${names.join('')}}` }
    })
  },
}

/**
 * In place of node:path: its `join` looks at each character of a path, in code that is not compiled yet. Of parts that are clean,
 * which a regular expression tells, what it makes is nothing but them with slashes between.
 */
const quickJoin = `
  const path = process.getBuiltinModule('path')
  const odd = /\\/\\/|(?:^|\\/)\\.\\.?(?:\\/|$)/
  const join = (...parts) => {
    let text = ''
    for (const part of parts) if (part !== '') text = text === '' ? part : text + '/' + part
    return text === '' || odd.test(text) ? path.join(...parts) : text
  }
  module.exports = { ...path, join }`
const quickPath = {
  name: 'quick-path',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?path$/ }, () => ({ path: 'path', namespace: 'quick-path' }))
    onLoad({ filter: /.*/, namespace: 'quick-path' }, () => ({ contents: quickJoin }))
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
  plugins: [lateBuiltinModules, lazyPackages, quickPath],
}
const bundleUrl = "const __bundleUrl = 'file://' + __filename.split('/').map(encodeURIComponent).join('/');"
await build({ ...sources, entryPoints: { index: 'src/index.ts' }, banner: { js: bundleUrl } })
await build({
  ...sources,
  entryPoints: {
    tsbuild: 'src/cli/tsbuild.ts',
    tsrun: 'src/cli/tsrun.ts',
    tsrunc: 'src/cli/tsrunc.ts',
    'tsbuild-often': 'src/cli/often/tsbuild.ts',
    'tsrun-often': 'src/cli/often/tsrun.ts',
  },
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
  entryPoints: ['src/store/compression/zstd-thread.mjs'],
  outfile: join(out, 'bundle', 'zstd-thread.mjs'),
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

/** Names of verbs, by program: keys of tables whose modules are not loaded for it. */
const verbNames = async () => {
  const tables = `
    import { tsrunVerbs } from './src/cli/run/verbs.ts'
    import { tsbuildVerbs } from './src/cli/verbs.ts'
    export const tsrun = Object.keys(tsrunVerbs), tsbuild = Object.keys(tsbuildVerbs)`
  const leaveOut = {
    name: 'leave-out',
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      )
    },
  }
  const { outputFiles } = await build({
    stdin: { contents: tables, resolveDir: '.' },
    plugins: [leaveOut],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  })
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

const launcher = readFileSync('scripts/launcher.cjs', 'utf8')
const verbs = await verbNames()
const seldom = {
  tsbuild: verbs.tsbuild.filter((verb) => verb !== 'build'),
  tsrun: verbs.tsrun.filter((verb) => verb !== 'run'),
}
for (const name of ['tsbuild', 'tsrun', 'tsrunc'])
  writeFileSync(`${out}/${name}.cjs`, launcher.replace("'SELDOM'", JSON.stringify(seldom[name] ?? null)))

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
  // A program that needs no others and ends at once.
  const helper = 'native/build/tsbuild-native'
  if (existsSync(helper)) copyFileSync(helper, join(work, 'helper'))
  else writeFileSync(join(work, 'helper'), '')
  const start = 'FROM scratch AS a\nCOPY helper /\nWORKDIR /w\n'
  writeFileSync(join(work, 'cached'), start)
  writeFileSync(
    join(work, 'Dockerfile'),
    `${start}FROM a\nENV A=1\nRUN ["/helper", "--version"]\nCOPY Dockerfile /\n`,
  )
  run('tsbuild', '-t', 'warm', '-f', join(work, 'cached'), work)
  env.TSBUILD_RECORD_CODE_CACHE = '1'
  run('tsbuild', '--network=none', '-t', 'warm2', '-f', join(work, 'Dockerfile'), work)
  run('tsrun', '--rm', '--network=none', 'warm', '/helper', '--version')
  // With --root first, the launcher takes the bundles with all verbs.
  const whole = ['--root', env.TSBUILD_ROOT]
  run('tsbuild', ...whole, 'history', 'warm')
  run('tsrun', ...whole, 'run', '--rm', '--network=none', 'warm', '/helper', '--version')
  mkdirSync(join(work, 'rootfs'))
  const namespaces = ['pid', 'network', 'mount', 'ipc', 'uts'].map((type) => ({ type }))
  copyFileSync(join(work, 'helper'), join(work, 'rootfs', 'helper'))
  const bundle = {
    ociVersion: '1.2.0',
    process: { args: ['/helper', '--version'], cwd: '/' },
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
