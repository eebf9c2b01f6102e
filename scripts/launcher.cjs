// Runs bundle/NAME.cjs (NAME is this file's own) from source and V8's code cache: compiling 500 KB takes longer than a cached
// build. A cache of another Node version is refused by V8 and the source is compiled as usual.
'use strict'
const { readFileSync, writeFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { basename, join } = require('node:path')
const { Script } = require('node:vm')

const filename = join(__dirname, 'bundle', basename(__filename))
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
script.runInThisContext()(program.exports, createRequire(filename), program, filename)
// At the end the functions that the program needed are compiled, and go into the cache with it.
if (recording) process.on('exit', () => writeFileSync(cacheFile, script.createCachedData()))
