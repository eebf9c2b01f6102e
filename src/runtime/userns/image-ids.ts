/** What an image says about the ids that it uses. */
export interface ImageIds {
  readonly passwd?: string | undefined
  readonly group?: string | undefined
  /** Of the process, as numbers. */
  readonly own: readonly number[]
}

/** Podman's bounds of what a container gets without asking for a size. */
const least = 1024
const most = 65_536
const nobody = 65_534

/**
 * How many ids, from 0 on, a container of the image needs: all of its users and groups but nobody (65534), which would always
 * cost 65,535.
 */
export const idsOfDatabases = ({ passwd = '', group = '', own }: ImageIds): number => {
  const named = [...passwd.split('\n'), ...group.split('\n')].flatMap((line) =>
    line
      .split(':')
      .slice(2, 4)
      .filter((id) => /^\d{1,10}$/.test(id))
      .map(Number)
      .filter((id) => id !== nobody),
  )
  const highest = named.reduce((a, b) => Math.max(a, b), 0)
  return Math.max(least, Math.min(highest + 1, most), ...own.map((id) => id + 1))
}
