import { describe, expect, it } from 'vitest'
import { expand, parseMount } from '../../../../src/build/dockerfile/index.ts'

const values: Readonly<Record<string, string>> = { DIR: '/dir', KIND: 'cache', EMPTY: '', LIST: 'a,b' }
const put = (text: string) => expand(text, { escape: '\\', lookup: (name) => values[name] })
const read = (text: string) => parseMount(text, put)

const owner = { uid: 0, gid: 0 }

describe('parseMount', () => {
  it.each<readonly [string, object]>([
    ['target=/x', { type: 'bind', target: '/x', source: '', readonly: true }],
    ['dst=x,src=a b,rw', { type: 'bind', target: 'x', source: 'a b', readonly: false }],
    [
      'TYPE=Bind,destination=/x,from=s,source=/a,readwrite=f',
      { type: 'bind', target: '/x', from: 's', source: '/a', readonly: true },
    ],
    ['type=bind,target=/x,from=', { type: 'bind', target: '/x', source: '', readonly: true }],
    ['type=bind', { type: 'bind', target: '', source: '', readonly: true }],
    ['rw=T,ro=0,target=/x', { type: 'bind', target: '/x', source: '', readonly: false }],
    [
      'type=cache,target=/x/../y/',
      {
        type: 'cache',
        target: '/x/../y/',
        id: '/y',
        sharing: 'shared',
        source: '',
        readonly: false,
        ...owner,
        mode: 0o755,
        owned: false,
      },
    ],
    [
      'type=cache,target=,id=i,sharing=LOCKED,mode=0700,uid=1,gid=4294967295,from=b,source=/s,ro',
      {
        type: 'cache',
        target: '',
        id: 'i',
        sharing: 'locked',
        from: 'b',
        source: '/s',
        readonly: true,
        uid: 1,
        gid: 4294967295,
        mode: 0o700,
        owned: true,
      },
    ],
    ['type=tmpfs,target=/x,size=1.5kb', { type: 'tmpfs', target: '/x', size: 1536, readonly: false }],
    ['type=tmpfs,target=/x,size=0,from=ignored', { type: 'tmpfs', target: '/x', readonly: false }],
    [
      'type=secret,id=a/b',
      { type: 'secret', id: 'a/b', target: '/run/secrets/b', required: false, ...owner, mode: 0o400 },
    ],
    [
      'type=secret,target=/etc/key,required',
      { type: 'secret', id: 'key', target: '/etc/key', required: true, ...owner, mode: 0o400 },
    ],
    [
      'type=secret,source=s,env=TOKEN',
      { type: 'secret', id: 's', env: 'TOKEN', required: false, ...owner, mode: 0o400 },
    ],
    [
      'type=secret,id=s,env=TOKEN,target=/t,mode=444,required=0',
      { type: 'secret', id: 's', env: 'TOKEN', target: '/t', required: false, ...owner, mode: 0o444 },
    ],
    ['type=ssh', { type: 'ssh', id: 'default', required: false, ...owner, mode: 0o600 }],
    [
      'type=ssh,required=true,id=k,target=/a,uid=7,gid=8',
      { type: 'ssh', id: 'k', target: '/a', required: true, uid: 7, gid: 8, mode: 0o600 },
    ],
    ['"target=/a,b",source="', { bad: 'bad-mount' }],
    ['"target=/a,""b"""', { type: 'bind', target: '/a,b', source: '', readonly: true }],
    ['type=$KIND,target=$DIR', { type: 'cache', target: '/dir', id: '/dir' }],
    // Variables do not bring new fields.
    ['target=$LIST', { type: 'bind', target: 'a,b' }],
  ])('%s', (text, expected) => {
    const { mount, problems } = read(text)
    if ('bad' in expected) expect(problems[0]?.code).toBe(expected.bad)
    else expect({ mount, problems }).toMatchObject({ mount: expected, problems: [] })
    if (mount && !text.includes('$')) expect(Object.keys(mount).sort()).toEqual(Object.keys(expected).sort())
  })

  it.each<readonly [string, ...string[]]>([
    ['', 'bad-mount'],
    ['"target=/x', 'bad-mount'],
    ['tar"get=/x', 'bad-mount'],
    ['"target=/x"y', 'bad-mount'],
    ['target=/x,', 'bad-mount-field'],
    ['target', 'bad-mount-field'],
    ['readonyl', 'bad-mount-field'],
    ['type=cahce,target=/x', 'bad-mount-value'],
    ['type=', 'bad-mount-value'],
    ['type=cache,target=/x,sharing=share', 'bad-mount-value'],
    ['traget=/x', 'unknown-mount-key'],
    [' target=/x', 'unknown-mount-key'],
    ['ro=yes,target=/x', 'bad-mount-value'],
    ['type=cache,target=/x,mode=0888', 'bad-mount-value'],
    ['type=cache,target=/x,mode=77777777777', 'bad-mount-value'],
    ['type=cache,target=/x,mode=u=rwx', 'bad-mount-value'],
    ['type=cache,target=/x,uid=-1', 'bad-mount-value'],
    ['type=cache,target=/x,gid=root', 'bad-mount-value'],
    ['type=cache,target=/x,uid=4294967296', 'bad-mount-value'],
    ['type=tmpfs,target=/x,size=big', 'bad-mount-value'],
    ['type=tmpfs,target=/x,size=-1', 'bad-mount-value'],
    ['size=1m,type=tmpfs,target=/x', 'misplaced-mount-key'],
    ['required,type=secret,id=x', 'misplaced-mount-key'],
    ['type=bind,target=/x,required=true', 'misplaced-mount-key'],
    ['target=/x,mode=0755', 'misplaced-mount-key'],
    ['type=tmpfs,target=/x,uid=1', 'misplaced-mount-key'],
    ['target=/x,sharing=shared', 'misplaced-mount-key'],
    ['type=secret,id=x,from=y', 'misplaced-mount-key'],
    ['type=ssh,source=y', 'misplaced-mount-key'],
    ['type=secret', 'bad-mount'],
    ['type=secret,id=a,source=b', 'bad-mount'],
    ['type=secret,id=a,env=', 'bad-mount'],
    ['target=${DIR', 'bad-variable'],
    // All of them at once.
    ['tpye=cache,targt=/x,ro=maybe', 'unknown-mount-key', 'unknown-mount-key', 'bad-mount-value'],
  ])('refuses %s', (text, ...codes) => {
    const { mount, problems } = read(text)
    expect(problems.map(({ code }) => code)).toEqual(codes)
    expect(mount).toBeUndefined()
  })

  it('suggests', () => {
    const hints = ['type=cahce', 'traget=/x', 'readonyl', 'type=cache,sharing=privat'].map(
      (text) => read(text).problems[0]?.hint,
    )
    expect(hints).toEqual([
      'did you mean cache?',
      'did you mean target?',
      'did you mean readonly?',
      'did you mean private?',
    ])
  })

  it('leaves variables alone without a function to put them in', () => {
    expect(parseMount('type=$KIND,target=/x')).toEqual({ problems: [] })
    expect(parseMount('type=cache,target=$DIR,ro=x').problems.map(({ code }) => code)).toEqual([
      'bad-mount-value',
    ])
    expect(parseMount('type=tmpfs,target=/x').mount).toBeDefined()
  })
})
