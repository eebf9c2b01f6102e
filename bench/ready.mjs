// What has to be there before anything is measured: a run that fails after an hour is worth nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { registryPlaces } from './registry.mjs'

const project = new URL('..', import.meta.url).pathname

const needed = [
  ['dist/tsbuild.cjs', 'npm ci && npm run build'],
  ['native/build/tsbuild-native', 'sh scripts/setup.sh test'],
]

/** Throws with what is to be done first. */
export const requireReady = () => {
  if (process.getuid() !== 0) throw new Error('file systems are mounted and containers run: run it as root')
  for (const [file, command] of needed)
    if (!existsSync(join(project, file))) throw new Error(`${file} is missing; make it with: ${command}`)
  if (!existsSync('/bin/busybox'))
    throw new Error('/bin/busybox is missing; install it with: sh scripts/setup.sh test')
  if (!registryPlaces.some(existsSync))
    throw new Error('docker-registry is missing; fetch it with: sh scripts/setup.sh test')
}
