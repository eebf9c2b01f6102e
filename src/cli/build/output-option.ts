import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'

const types = ['oci', 'docker', 'tar', 'local'] as const

/** Where a build puts its result besides the store. `dest` is a path, or `-` for standard output. */
export interface OutputOption {
  readonly type: (typeof types)[number]
  readonly dest: string
}

/** `type=oci,dest=image.tar`; a bare path is a directory; `-` is a tar on standard output. As docker's --output. */
export const parseOutput = (text: string): OutputOption => {
  if (text === '-') return { type: 'tar', dest: '-' }
  if (!text.includes('=')) return { type: 'local', dest: text }
  const fields = new Map<string, string>()
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    fields.set(
      part.slice(0, equals < 0 ? undefined : equals).trim(),
      equals < 0 ? '' : part.slice(equals + 1),
    )
  }
  const bad = (why: string, hint: string): never => {
    throw new AppError('usage', `--output ${JSON.stringify(text)}: ${why}`, {
      exitCode: exitCode.usage,
      hint,
    })
  }
  for (const key of fields.keys()) {
    if (key !== 'type' && key !== 'dest') bad(`unknown key ${JSON.stringify(key)}`, 'known keys: type, dest')
  }
  const wanted = fields.get('type') ?? 'local'
  const type = types.find((t) => t === wanted)
  const near = suggest(wanted, types)
  if (!type)
    return bad(
      `unknown type ${JSON.stringify(wanted)}`,
      near ? `did you mean ${near}?` : `known types: ${types.join(', ')}`,
    )
  const dest = fields.get('dest') || (type === 'local' ? '' : '-')
  if (dest === '' || (type === 'local' && dest === '-')) return bad('dest is missing', 'add dest=DIRECTORY')
  return { type, dest }
}
