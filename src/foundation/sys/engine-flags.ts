let isOurs = false

/** To be called by a program, whose process is its own; a library must not change what holds for all of its host's code. */
export const ownProcess = (): void => {
  isOurs = true
}

/**
 * For the rest of this process. Nothing happens in a process that is not `ownProcess`.
 *
 * @param versions major versions of Node whose V8 knows the flags: any other would complain of them on stderr
 */
export const setEngineFlags = (flags: readonly string[], versions: readonly number[]): void => {
  if (!isOurs || !versions.includes(Number.parseInt(process.versions.node, 10))) return
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  for (const flag of flags) setFlagsFromString(flag)
}
