import type { NativeProcess } from './launch.ts'

/** This process may end before the helper has. */
export const letGo = (child: NativeProcess): void => {
  for (const part of [child, child.stdin, child.stdout, child.stderr]) if (canUnref(part)) part.unref()
}

const canUnref = (value: unknown): value is { unref(): void } =>
  typeof value === 'object' && value !== null && 'unref' in value && typeof value.unref === 'function'
