// Types, and the rules of eslint.config.js that need types, from one program: to load and check it twice takes half as
// long again. What passed is remembered: next time only files are asked that changed, or that
// import one that did, however far away (a cache by content would miss that a called function has become async).
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { ESLint } from 'eslint'
import ts from 'typescript'

const fail = (text) => {
  process.stderr.write(text)
  process.exit(1)
}

/** Other rules or packages make another memory. */
const rulesDigest = createHash('sha256')
for (const file of ['eslint.config.js', 'package-lock.json', 'scripts/check-types.mjs'])
  rulesDigest.update(readFileSync(file))
const cache = 'node_modules/.cache/check-types'
mkdirSync(cache, { recursive: true })
const memory = `${cache}/${rulesDigest.digest('hex').slice(0, 16)}`
/** Files that were not found right by the rules since the compiler last told of them. */
const pendingFile = `${memory}.pending.json`

const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  { incremental: true, tsBuildInfoFile: `${memory}.tsbuildinfo` },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => fail(`${messageText}\n`) },
)
const formatHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: ts.sys.getCurrentDirectory,
  getNewLine: () => '\n',
}
const host = ts.createIncrementalCompilerHost(options, ts.sys)
const builder = ts.createIncrementalProgram({ rootNames: fileNames, options, host })

const changed = new Set()
for (;;) {
  const next = builder.getSemanticDiagnosticsOfNextAffectedFile()
  if (!next) break
  const files = 'fileName' in next.affected ? [next.affected] : builder.getSourceFiles()
  for (const { fileName } of files) changed.add(fileName)
}
/** Of modules that can be compiled alone the compiler names only those that changed themselves. */
const isAffected = (name) =>
  builder.getAllDependencies(builder.getSourceFile(name)).some((on) => changed.has(on))
const before = new Set(existsSync(pendingFile) ? JSON.parse(readFileSync(pendingFile, 'utf8')) : [])
const pending = fileNames
  .map((name) => relative('', name))
  .filter((name) => before.has(name) || (changed.size > 0 && isAffected(resolve(name))))
writeFileSync(pendingFile, JSON.stringify(pending))
const problems = [
  ...errors,
  ...builder.getConfigFileParsingDiagnostics(),
  ...builder.getOptionsDiagnostics(),
  ...builder.getSyntacticDiagnostics(),
  ...builder.getSemanticDiagnostics(),
]
// Writes what it remembers; nothing else.
builder.emit()
if (problems.length > 0) fail(ts.formatDiagnosticsWithColorAndContext(problems, formatHost))

if (pending.length > 0) {
  const eslint = new ESLint({
    warnIgnored: false,
    overrideConfig: {
      languageOptions: { parserOptions: { projectService: false, programs: [builder.getProgram()] } },
    },
  })
  const results = await eslint.lintFiles(pending)
  const report = await (await eslint.loadFormatter('stylish')).format(results)
  if (report !== '') fail(`${report}\n`)
}
rmSync(pendingFile)
