import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyOf, createFileOpRig, type FileOpRig } from '../../../support/file-op-rig.ts'

let rig: FileOpRig
beforeEach(() => {
  rig = createFileOpRig()
})
afterEach(() => rig.remove())

const sh = (script: string, cwd = rig.root): string => execFileSync('sh', ['-ec', script], { cwd }).toString()

/** Everything that a copy keeps: type, mode, owner, whole seconds, link counts and targets, devices, content. */
const listing = (directory: string): string =>
  sh(
    `find . -mindepth 1 \\( -type d -printf '%P d %m %U:%G\\n' -o -printf '%P %y %m %U:%G %n %Ts %l\\n' \\) | LC_ALL=C sort
     find . -type f -print0 | LC_ALL=C sort -z | xargs -r0 sha256sum
     find . \\( -type b -o -type c \\) -exec stat -c '%n %t:%T' {} + | LC_ALL=C sort`,
    directory,
  )

it('a copied tree is what cp -a makes', async () => {
  sh(
    `mkdir -p d/deep/er 'sp ace' ünï; echo a >d/a; head -c 3000000 /dev/urandom >d/big; : >d/empty
     echo x >"sp ace/new
line"; echo é >ünï/ö; printf odd >"$(printf 'd/\\377\\376')"
     ln d/a d/deep/hard; ln d/a d/zz; ln -s ../a d/deep/up; ln -s /etc/passwd d/abs; ln -s nowhere d/dangling
     chmod 4755 d/a; chmod 1777 d/deep; chmod 2750 d/deep/er; chmod 000 d/empty
     mkfifo d/pipe; mknod d/null c 1 3; mknod d/disk b 259 70000
     name=$(printf 'n%.0s' $(seq 250)); mkdir -p long/$name; echo l >long/$name/$name
     touch -h -d '1969-07-20 20:17:40 UTC' d/dangling d/big; touch -d '2038-01-20' d/a`,
    rig.context,
  )
  const { tar } = await rig.run([copyOf('.', '/')])
  const [ours, expected] = [join(rig.root, 'ours'), join(rig.root, 'expected')]
  mkdirSync(ours)
  execFileSync('tar', ['-xp', '--numeric-owner', '-f', '-', '-C', ours], {
    input: tar,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  sh(`cp -a context expected; chown -hR 0:0 expected; chmod 4755 expected/d/a; chmod 2750 expected/d/deep/er`)
  expect(listing(ours)).toBe(listing(expected))
})

it('a merge is what cp -a over the base makes, and touches nothing else', async () => {
  sh(`mkdir -p base/app/keep base/app/sub base/other; echo old >base/app/f; echo keep >base/app/keep/k; echo o >base/other/o
      chmod 711 base/app; mkdir -p context/sub/new; echo new >context/f; echo s >context/sub/s; chmod 750 context/sub`)
  const { tar, paths } = await rig.run([copyOf('.', '/app')])
  expect(paths).toEqual(['app/', 'app/f', 'app/sub/', 'app/sub/new/', 'app/sub/s'])
  sh('cp -a base ours; cp -a base expected; cp -a context/. expected/app/; chmod 711 expected/app')
  execFileSync('tar', ['-xp', '--numeric-owner', '-f', '-', '-C', join(rig.root, 'ours')], { input: tar })
  expect(listing(join(rig.root, 'ours'))).toBe(listing(join(rig.root, 'expected')))
})
