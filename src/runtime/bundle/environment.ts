/** Where programs are looked for when the image does not say. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Lists of `NAME=value` laid over each other, later ones winning in the place of the first. An entry without `=` removes
 * the variable.
 */
export const mergeEnvironment = (...lists: readonly (readonly string[])[]): readonly string[] => {
  const merged = new Map<string, string>()
  for (const entry of lists.flat()) {
    const equals = entry.indexOf('=')
    if (equals < 0) merged.delete(entry)
    else merged.set(entry.slice(0, equals), entry)
  }
  return [...merged.values()]
}

/** `added` for the variables that `environment` does not have. */
export const completeEnvironment = (
  environment: readonly string[],
  added: readonly string[],
): readonly string[] => mergeEnvironment(environment, added, environment)
