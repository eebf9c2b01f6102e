// Runs bundle/NAME.cjs (NAME is this file's own) from source and V8's code cache: compiling 500 KB takes longer than a cached
// build. A cache of another Node version is refused by V8 and the source is compiled as usual. The verb that is called most has a
// bundle without the others, bundle/NAME-often.cjs.
'use strict'
const { readFileSync, writeFileSync } = require('node:fs')
const { basename, join } = require('node:path')
const { Script } = require('node:vm')

/** Verbs that only the whole program has; null where there is but one bundle. The build writes them here. */
const seldom = 'SELDOM'
const [, , word = ''] = process.argv
const isOften = seldom !== null && !seldom.includes(word) && !word.startsWith('--root')
const name = basename(__filename, '.cjs')
const filename = join(__dirname, 'bundle', `${name}${isOften ? '-often' : ''}.cjs`)
const cacheFile = `${filename}.v8`
const recording = process.env.TSBUILD_RECORD_CODE_CACHE === '1'

const readCache = () => {
  try {
    return recording ? undefined : readFileSync(cacheFile)
  } catch {
    return undefined
  }
}

// The bundle is ASCII, and latin1 is what V8 keeps of it without decoding.
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache() })
const program = { exports: {} }
// Only packages under vendor/ have relative names. node:module, which makes a require of another file, would be loaded for it.
const requireFrom = (name) =>
  require(name.startsWith('../') ? join(__dirname, name.slice('../'.length)) : name)
script.runInThisContext()(program.exports, requireFrom, program, filename)
// At the end the functions that the program needed are compiled, and go into the cache with it.
if (recording) process.on('exit', () => writeFileSync(cacheFile, script.createCachedData()))
