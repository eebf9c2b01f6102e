// Runs test/differential/main.ts, which compares docker build with tsbuild: bundled first, since Node 20 reads no types.
//   node scripts/differential.mjs [--help]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-differential-main-'))
const outfile = join(directory, 'main.mjs')
await build({
  entryPoints: [at('../test/differential/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  define: { 'import.meta.dirname': JSON.stringify(at('../test/differential')) },
  logLevel: 'warning',
})
try {
  await import(pathToFileURL(outfile).href)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
