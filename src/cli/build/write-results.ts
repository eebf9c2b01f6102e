import { rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type BuildOutput,
  type BuildResult,
  type Recompression,
  type Store,
  transferCases,
  writeOutput,
} from '../../engine/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { type Descriptor, type HostPath, parseReference } from '../../foundation/oci/index.ts'
import { atomicWrite, isSpecialFile } from '../../foundation/sys/index.ts'
import type { CliContext } from '../context.ts'
import { saveTarget } from '../images/output.ts'
import { printableJson } from '../render/printable.ts'
import type { BuildCommand } from './command.ts'
import type { OutputOption } from './output-option.ts'
import { pushResults } from './push-results.ts'

/** Everything that a build leaves besides the image in the store: --output, --iidfile, --metadata-file. */
export const writeResults = async (
  store: Store,
  command: BuildCommand,
  result: BuildResult,
  cli: CliContext,
  signal: AbortSignal,
): Promise<void> => {
  const { image, index, names } = result
  for (const option of command.outputs) {
    const output = toOutput(option, await recompressionOf(option), cli)
    const named = {
      names: names.map(parseReference),
      signal,
      ...(Object.keys(command.descriptorAnnotations).length > 0 && {
        annotations: command.descriptorAnnotations,
      }),
      ...(index && { index }),
    }
    if (output) await writeOutput(store, image, output, named)
  }
  const pushed = await pushResults(store, command, result, cli, signal)
  for (const file of resultFiles(command, result, pushed, cli)) writeFile(file)
}

/** A file that says what was built. */
export interface ResultFile {
  readonly what: string
  readonly code: 'id-file' | 'metadata-file'
  readonly path: HostPath
  readonly text: string
}

/** In the order of writing. `pushed`: the manifest as it was pushed, if it was. */
export const resultFiles = (
  { iidfile, metadataFile }: Pick<BuildCommand, 'iidfile' | 'metadataFile'>,
  result: Omit<BuildResult, 'unusedBuildArgs'>,
  pushed: Descriptor | undefined,
  { cwd }: Pick<CliContext, 'cwd'>,
): readonly ResultFile[] => {
  const files: ResultFile[] = []
  if (iidfile !== undefined) {
    const text = result.index?.descriptor.digest ?? result.image.id
    files.push({ what: 'the image id', code: 'id-file', path: resolve(cwd, iidfile), text })
  }
  if (metadataFile !== undefined) {
    const text = metadataOf(result, pushed)
    files.push({ what: 'what was built', code: 'metadata-file', path: resolve(cwd, metadataFile), text })
  }
  return files
}

/** As docker: after a build that fails there is no id of an earlier one. Throws `id-file`. */
export const removeStaleId = ({ iidfile }: Pick<BuildCommand, 'iidfile'>, cli: CliContext): void => {
  if (iidfile === undefined) return
  const path = resolve(cli.cwd, iidfile)
  try {
    if (!isSpecialFile(path)) rmSync(path, { force: true })
  } catch (cause) {
    throw unwritable('the image id', 'id-file', path, cause)
  }
}

/** Undefined for what is in the store and nowhere else. */
const toOutput = (
  option: OutputOption,
  recompression: Recompression | undefined,
  cli: CliContext,
): BuildOutput | undefined => {
  const { type, dest, directory } = option
  const layers = recompression ? { recompression } : {}
  if (type === 'image' || type === 'cacheonly' || dest === undefined) return undefined
  if (type === 'local') return { type, path: resolve(cli.cwd, dest) }
  if (directory) return { type: 'oci-dir', path: resolve(cli.cwd, dest), ...layers }
  return { type, target: saveTarget('build', dest, cli), ...layers }
}

const recompressionOf = async ({ compression }: OutputOption): Promise<Recompression | undefined> => {
  if (!compression) return undefined
  const { parseCompression } = await transferCases()
  return {
    compression: parseCompression(compression.compression, compression.level),
    force: compression.force === true,
  }
}

/** The members that buildx writes of an image with a manifest; there is neither a history of builds nor provenance to name. */
const metadataOf = (
  { image, index, names }: Omit<BuildResult, 'unusedBuildArgs'>,
  pushed: Descriptor | undefined,
): string => {
  const named = names.length > 0 && { 'image.name': names.join(',') }
  if (index) {
    const descriptor = pushed ?? index.descriptor
    return printableJson(
      { 'containerimage.descriptor': descriptor, 'containerimage.digest': descriptor.digest, ...named },
      2,
    )
  }
  const { os, architecture, variant } = image.config
  const manifest = pushed ?? image.manifest
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  return printableJson(
    {
      'containerimage.config.digest': image.id,
      'containerimage.descriptor': { ...manifest, platform },
      'containerimage.digest': manifest.digest,
      ...named,
    },
    2,
  )
}

/** Of result files, less the umask. */
export const resultFileMode = 0o644

const writeFile = ({ what, code, path, text }: ResultFile): void => {
  try {
    if (isSpecialFile(path)) writeFileSync(path, text)
    else atomicWrite(path, text, { mode: resultFileMode })
  } catch (cause) {
    throw unwritable(what, code, path, cause)
  }
}

const unwritable = (what: string, code: string, path: string, cause: unknown): AppError =>
  new AppError(code, `write ${what} to ${path}: ${errnoOf(cause) ?? String(cause)}`, {
    exitCode: exitCode.storeIo,
    hint: 'check that its directory exists and is writable; the image itself is in the store',
    cause,
  })
