// Writes the syscall tables of src/runtime/bundle/seccomp from the kernel's own headers.
// usage: node scripts/generate-syscalls.mjs DIR, where DIR holds x86/asm, arm64/asm and arm/asm
// (Debian's linux-libc-dev since 6.7 keeps them in /usr/lib/linux/uapi).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [root] = process.argv.slice(2)
if (root === undefined) {
  console.error('usage: node scripts/generate-syscalls.mjs DIR')
  process.exit(2)
}

// arm's private calls are spelled out in asm/unistd.h; libseccomp's profiles use these names for them and for two aliases.
const armExtras = [
  ['breakpoint', 0xf0001],
  ['cacheflush', 0xf0002],
  ['usr26', 0xf0003],
  ['usr32', 0xf0004],
  ['set_tls', 0xf0005],
  ['get_tls', 0xf0006],
]
const armAliases = { sync_file_range2: 'arm_sync_file_range' }

const tables = [
  {
    file: 'syscalls-x86-64',
    name: 'x86_64',
    header: 'x86/asm/unistd_64.h',
    audit: '0xc000003e',
  },
  {
    file: 'syscalls-x32',
    name: 'x32',
    header: 'x86/asm/unistd_x32.h',
    audit: '0xc000003e',
  },
  {
    file: 'syscalls-i386',
    name: 'i386',
    header: 'x86/asm/unistd_32.h',
    audit: '0x40000003',
  },
  {
    file: 'syscalls-aarch64',
    name: 'aarch64',
    header: 'arm64/asm/unistd_64.h',
    audit: '0xc00000b7',
  },
  {
    file: 'syscalls-arm',
    name: 'arm',
    header: 'arm/asm/unistd-eabi.h',
    audit: '0x40000028',
    extras: armExtras,
    aliases: armAliases,
  },
]

const numbersOf = (header) => {
  const text = readFileSync(join(root, header), 'utf8')
  const found = [...text.matchAll(/^#define __NR_(\w+)\s+\(?(?:__\w+ \+ )?(\d+)\)?$/gm)]
  return found.map(([, name, number]) => [name, Number(number)]).filter(([name]) => name !== 'syscalls')
}

/** Lines of `FIRST name name ...`: names of consecutive numbers, wrapped. */
const runsOf = (entries) => {
  const lines = []
  let next = -1
  for (const [name, number] of entries) {
    const last = lines.at(-1)
    if (number === next && last.length + name.length < 100) lines[lines.length - 1] = `${last} ${name}`
    else lines.push(`${number} ${name}`)
    next = number + 1
  }
  return lines
}

for (const table of tables) {
  const entries = [...numbersOf(table.header), ...(table.extras ?? [])].sort((a, b) => a[1] - b[1])
  const aliases = table.aliases ? `\taliases: ${JSON.stringify(table.aliases)},\n` : ''
  const text = `// Written by scripts/generate-syscalls.mjs; do not edit.
import type { SyscallSource } from "./syscall-table.ts";

export const ${table.name}: SyscallSource = {
\tauditArch: ${table.audit},
${aliases}\truns: \`
${runsOf(entries).join('\n')}
\`,
};
`
  writeFileSync(new URL(`../src/runtime/bundle/seccomp/${table.file}.ts`, import.meta.url), text)
  console.log(`${table.file}: ${entries.length} calls`)
}
