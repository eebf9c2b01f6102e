// Resident memory of a tool: of all its processes together, sampled. Pages that several of them map count for each.
import { readdirSync, readFileSync } from 'node:fs'

const pageBytes = 4096

const processes = () =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // proc(5): the fields behind the name, which may hold anything; the 4th is the parent, the 24th the resident pages.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [{ pid: Number(name), parent: Number(fields[1]), bytes: Number(fields[21]) * pageBytes }]
    } catch {
      return []
    }
  })

/** Bytes that the processes `roots` and all below them have resident now. */
export const residentBelow = (roots) => {
  const all = processes()
  const taken = new Set(roots)
  let grown = true
  while (grown) {
    grown = false
    for (const { pid, parent } of all)
      if (!taken.has(pid) && taken.has(parent)) {
        taken.add(pid)
        grown = true
      }
  }
  return all.reduce((sum, { pid, bytes }) => (taken.has(pid) ? sum + bytes : sum), 0)
}

/** Looks every few milliseconds until stopped: `peak()` is the largest sum seen, in bytes. */
export const watchMemory = (roots, every = 10) => {
  let peak = 0
  const look = () => {
    peak = Math.max(peak, residentBelow(roots))
  }
  look()
  const timer = setInterval(look, every)
  return {
    peak: () => peak,
    stop: () => clearInterval(timer),
  }
}
