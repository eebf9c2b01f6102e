import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applySpecials } from '../../src/foundation/native/index.ts'

/** `security.capability` for cap_net_raw=ep: bytes that are not text. */
export const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex').fill(0x80, 16, 17)

/** Fills `root` with everything a layer can hold, made with ordinary programs where they can. Needs root. */
export const fillOverlayTree = (root: string): void => {
  const at = (path: string): string => join(root, path)
  for (const path of ['dir/sub', 'empty', 'opaque', 'sticky', 'é', 'long'])
    mkdirSync(at(path), { recursive: true })
  chmodSync(at('sticky'), 0o3777)
  writeFileSync(at('dir/file'), 'content\n', { mode: 0o640 })
  writeFileSync(at('dir/sub/none'), '')
  writeFileSync(at('dir.txt'), 'sorts behind dir/')
  writeFileSync(at('suid'), 'x')
  chmodSync(at('suid'), 0o6755)
  linkSync(at('dir/file'), at('a-hard'))
  linkSync(at('dir/file'), at('z-hard'))
  symlinkSync('/etc/passwd', at('absolute'))
  symlinkSync('dir/../nowhere', at('dangling'))
  symlinkSync('t'.repeat(300), at('long-target'))
  writeFileSync(at('é/ü'), 'utf8')
  writeFileSync(Buffer.from(`${root}/caf\xe9`, 'latin1'), 'latin1')
  writeFileSync(at(`long/${'n'.repeat(250)}`), 'long')
  mkdirSync(at(`long/${'d'.repeat(120)}/${'e'.repeat(120)}`), { recursive: true })
  writeFileSync(at(`long/${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}`), 'longer')
  writeFileSync(at('big'), Buffer.alloc(3 * 1024 * 1024 + 1, 'big'))
  execFileSync('mknod', [at('char'), 'c', '5', '1'])
  execFileSync('mknod', [at('block'), 'b', '259', '70000'])
  execFileSync('mkfifo', [at('fifo')])
  execFileSync('mknod', [at('removed'), 'c', '0', '0'])
  execFileSync('mknod', [at('dir/removed-too'), 'c', '0', '0'])
  linkSync(at('fifo'), at('fifo-hard'))
  const text = (value: string): Buffer => Buffer.from(value)
  applySpecials(root, [
    { op: 'owner', path: 'dir/sub/none', uid: 3_000_000_000, gid: 2_097_152 },
    { op: 'owner', path: 'dangling', uid: 1000, gid: 1000 },
    { op: 'xattr', path: 'suid', name: 'security.capability', value: capability },
    { op: 'xattr', path: 'dir', name: 'user.note', value: text('a=b\n%') },
    { op: 'xattr', path: 'dir', name: 'user.k=%3D', value: text('') },
    { op: 'xattr', path: 'opaque', name: 'trusted.overlay.opaque', value: text('y') },
    { op: 'xattr', path: 'dir', name: 'trusted.overlay.impure', value: text('y') },
    { op: 'xattr', path: 'dir/file', name: 'trusted.private', value: text('host') },
    { op: 'times', path: 'absolute', mtime: 7, mtimeNsec: 0 },
    { op: 'times', path: 'block', mtime: -86_400, mtimeNsec: 0 },
  ])
  utimesSync(at('dir.txt'), 1e9, 1e9)
  lutimesSync(at('dangling'), 5, 5)
  // Directories last: what happens inside changes their times.
  for (const path of ['dir/sub', 'dir', 'é', 'opaque']) utimesSync(at(path), 1_234_567_890, 1_234_567_890)
}
