// Runs a tool of test/NAME (main.ts), which tries the programs of this tree, beside docker or alone: bundled first, since Node 20
// reads no types.
//   node scripts/test-tool.mjs differential|conformance|chaos|crash|fuzz [--help]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const [name] = process.argv.splice(2, 1)
const directory = mkdtempSync(join(tmpdir(), `tsbuild-${name}-main-`))
const outfile = join(directory, 'main.mjs')
await build({
  entryPoints: [at(`../test/${name}/main.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Packages in the older form ask for node's own modules by require.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  define: { 'import.meta.dirname': JSON.stringify(at(`../test/${name}`)) },
  logLevel: 'warning',
})
try {
  await import(pathToFileURL(outfile).href)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
