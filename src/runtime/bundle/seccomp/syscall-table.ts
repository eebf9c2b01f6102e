/** What a generated data file holds. */
export interface SyscallSource {
  /** AUDIT_ARCH_*, as seccomp_data.arch shows it. */
  readonly auditArch: number
  /** Lines of `FIRST name name ...`: names of consecutive numbers. */
  readonly runs: string
  /** Other names that profiles use: alias -> name. */
  readonly aliases?: Readonly<Record<string, string>>
}

/** Syscall name -> number, without x32's bit. */
export const readSyscalls = (source: SyscallSource): ReadonlyMap<string, number> => {
  const numbers = new Map<string, number>()
  for (const line of source.runs.trim().split('\n')) {
    const [first, ...names] = line.split(' ')
    names.forEach((name, i) => {
      numbers.set(name, Number(first) + i)
    })
  }
  for (const [alias, name] of Object.entries(source.aliases ?? {})) {
    const number = numbers.get(name)
    if (number !== undefined) numbers.set(alias, number)
  }
  return numbers
}
