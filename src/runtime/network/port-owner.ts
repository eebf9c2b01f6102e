import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface PortOwner {
  readonly pid: number
  /** Name of the program, as /proc/PID/comm has it. */
  readonly program: string
}

/** State of a listening TCP socket in /proc/net/tcp; UDP sockets that are only bound have 07. */
const waiting = { tcp: '0A', udp: '07' } as const

/** The process that has a port of this machine open, as far as it can be seen. For messages only: it is a walk over /proc. */
export const findPortOwner = (protocol: 'tcp' | 'udp', port: number): PortOwner | undefined => {
  const inodes = new Set(
    [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((path) =>
      socketsOf(readText(path), port, waiting[protocol]),
    ),
  )
  if (inodes.size === 0) return undefined
  for (const name of readNames('/proc')) {
    if (!/^\d+$/.test(name)) continue
    for (const fd of readNames(`/proc/${name}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${name}/fd/${fd}`))?.[1]
      if (inode !== undefined && inodes.has(inode)) {
        return { pid: Number(name), program: readText(`/proc/${name}/comm`).trim() }
      }
    }
  }
  return undefined
}

/** Inodes of the sockets with this local port in the text of /proc/net/tcp and the like. */
export const socketsOf = (table: string, port: number, state: string): readonly string[] =>
  table.split('\n').flatMap((line) => {
    const [, local = '', , found, , , , , , inode] = line.trim().split(/\s+/)
    const hex = local.split(':')[1]
    return hex !== undefined && Number.parseInt(hex, 16) === port && found === state && inode ? [inode] : []
  })

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const readNames = (path: string): readonly string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

const readLink = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
