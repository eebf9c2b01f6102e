import {
  chmodSync,
  existsSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Digest, digestOf, type HostPath, hexOf } from '../../src/foundation/oci/index.ts'
import type { ContentStore } from '../../src/store/content/index.ts'

/** What the suite needs of an implementation besides the store itself. */
export interface ContentStoreSubject {
  readonly store: ContentStore
  readonly root: HostPath
  dispose(): void
}

/** The contract of `ContentStore`, rule by rule, with corruption injected behind its back. */
export const contentStoreSuite = (name: string, open: () => ContentStoreSubject): void => {
  describe(`content store: ${name}`, () => {
    let subject: ContentStoreSubject
    beforeEach(() => {
      subject = open()
    })
    afterEach(() => subject.dispose())

    const inProgress = (): readonly string[] => {
      const directory = join(subject.root, 'content/ingest')
      return existsSync(directory) ? readdirSync(directory) : []
    }
    const corrupt = (digest: Digest, change: (path: HostPath) => void): void => {
      const path = subject.store.pathOf(digest)
      chmodSync(path, 0o600)
      change(path)
    }

    writing(() => subject, inProgress)
    refusing(() => subject, inProgress)
    reading(() => subject, corrupt)
    removing(() => subject)
  })
}

type Corrupt = (digest: Digest, change: (path: HostPath) => void) => void

const writing = (subject: () => ContentStoreSubject, inProgress: () => readonly string[]): void => {
  it('keeps what was put', () => {
    const { store } = subject()
    const blob = store.put('hello')
    expect(blob).toEqual({ digest: digestOf('hello'), size: 5 })
    expect(store.read(blob.digest).toString()).toBe('hello')
    expect(store.stat(blob.digest)).toEqual(blob)
  })
  it('keeps an empty blob', () => {
    const { store } = subject()
    const blob = store.put('')
    expect(blob.size).toBe(0)
    expect(store.read(blob.digest)).toHaveLength(0)
  })
  it('shows nothing before the commit and leaves nothing in progress after it', () => {
    const { store } = subject()
    const ingest = store.ingest()
    ingest.write(Buffer.from('ab'))
    expect(store.stat(digestOf('ab'))).toBeUndefined()
    expect(inProgress()).toHaveLength(1)
    expect(ingest.commit()).toEqual({ digest: digestOf('ab'), size: 2 })
    expect(inProgress()).toEqual([])
  })
  it('hashes chunks in order, also when the buffer is reused', () => {
    const { store } = subject()
    const ingest = store.ingest()
    const chunk = Buffer.alloc(3)
    for (const text of ['abc', 'def', 'ghi']) {
      chunk.write(text)
      ingest.write(chunk)
    }
    const { digest } = ingest.commit({ digest: digestOf('abcdefghi'), size: 9 })
    expect(store.read(digest).toString()).toBe('abcdefghi')
  })
  it('makes blobs read-only', () => {
    const { store } = subject()
    expect(statSync(store.pathOf(store.put('x').digest)).mode & 0o777).toBe(0o444)
  })
  it('takes the same blob twice, keeps the first file and makes it look fresh', () => {
    const { store } = subject()
    const { digest } = store.put('twice')
    const path = store.pathOf(digest)
    const before = statSync(path)
    utimesSync(path, 1, 1)
    expect(store.put('twice').digest).toBe(digest)
    expect(statSync(path).ino).toBe(before.ino)
    expect(statSync(path).mtimeMs).toBeGreaterThan(before.mtimeMs - 1000)
    expect(inProgress()).toEqual([])
  })
  it('replaces a torn blob', () => {
    const { store } = subject()
    const { digest } = store.put('whole bytes')
    chmodSync(store.pathOf(digest), 0o600)
    truncateSync(store.pathOf(digest), 4)
    store.put('whole bytes')
    expect(store.read(digest).toString()).toBe('whole bytes')
  })
}

const refusing = (subject: () => ContentStoreSubject, inProgress: () => readonly string[]): void => {
  it('drops a blob of another digest', () => {
    const { store } = subject()
    const ingest = store.ingest()
    ingest.write(Buffer.from('evil'))
    expect(() => ingest.commit({ digest: digestOf('good') })).toThrowError(
      expect.objectContaining({ code: 'digest-mismatch' }),
    )
    expect(store.stat(digestOf('good'))).toBeUndefined()
    expect(store.stat(digestOf('evil'))).toBeUndefined()
    expect(inProgress()).toEqual([])
  })
  it.each([3, 5])('drops a blob of another size (expected %i, found 4)', (size) => {
    const { store } = subject()
    const ingest = store.ingest()
    ingest.write(Buffer.from('four'))
    expect(() => ingest.commit({ digest: digestOf('four'), size })).toThrowError(
      expect.objectContaining({ code: 'size-mismatch' }),
    )
    expect(store.stat(digestOf('four'))).toBeUndefined()
    expect(inProgress()).toEqual([])
  })
  it('drops an aborted blob, and may abort twice', () => {
    const ingest = subject().store.ingest()
    ingest.write(Buffer.from('gone'))
    ingest.abort()
    ingest.abort()
    expect(inProgress()).toEqual([])
    expect(() => ingest.write(Buffer.from('more'))).toThrow()
    expect(() => ingest.commit()).toThrow()
  })
  it.each([
    'sha256:../../../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `sha512:${'a'.repeat(128)}`,
    `sha256:${'a'.repeat(64)}/..`,
    '',
  ])('refuses %j as a digest, whatever is asked', (text) => {
    const { store } = subject()
    // A cast is what a bug would do.
    const digest = text as Digest
    const refused = expect.objectContaining({ code: 'bad-digest' })
    expect(() => store.stat(digest)).toThrowError(refused)
    expect(() => store.read(digest)).toThrowError(refused)
    expect(() => store.pathOf(digest)).toThrowError(refused)
    expect(() => store.remove(digest)).toThrowError(refused)
  })
}

const reading = (subject: () => ContentStoreSubject, corrupt: Corrupt): void => {
  it('says that a blob is not there', () => {
    const { store } = subject()
    const missing = expect.objectContaining({ code: 'blob-not-found' })
    expect(() => store.read(digestOf('none'))).toThrowError(missing)
    expect(() => store.pathOf(digestOf('none'))).toThrowError(missing)
    expect(store.stat(digestOf('none'))).toBeUndefined()
  })
  it.each([
    ['other bytes', (path: HostPath) => writeFileSync(path, 'HELLO')],
    ['a torn end', (path: HostPath) => truncateSync(path, 2)],
    ['more bytes', (path: HostPath) => writeFileSync(path, 'hello!')],
    ['no bytes', (path: HostPath) => truncateSync(path, 0)],
  ])('refuses a blob with %s', (_, change) => {
    const { store } = subject()
    const { digest } = store.put('hello')
    corrupt(digest, change)
    expect(() => store.read(digest)).toThrowError(expect.objectContaining({ code: 'blob-corrupt' }))
  })
  it('refuses a blob over the limit and takes one at the limit', () => {
    const { store } = subject()
    const { digest } = store.put('12345')
    expect(store.read(digest, 5).toString()).toBe('12345')
    expect(() => store.read(digest, 4)).toThrowError(expect.objectContaining({ code: 'blob-too-large' }))
  })
}

const removing = (subject: () => ContentStoreSubject): void => {
  it('removes by renaming to the trash; absent is fine', () => {
    const { store, root } = subject()
    const { digest } = store.put('old')
    store.remove(digest)
    expect(store.stat(digest)).toBeUndefined()
    expect(readdirSync(join(root, 'trash'))).toHaveLength(1)
    store.remove(digest)
    expect(readdirSync(join(root, 'trash'))).toHaveLength(1)
  })
  it('lists blobs and nothing else', () => {
    const { store } = subject()
    expect([...store.list()]).toEqual([])
    const blobs = ['a', 'b', 'c'].map((text) => store.put(text))
    const directory = join(store.pathOf(digestOf('a')), '..')
    writeFileSync(join(directory, 'README'), 'not a blob')
    writeFileSync(join(directory, hexOf(digestOf('a')).toUpperCase()), 'nor this')
    const byDigest = (x: { digest: string }, y: { digest: string }): number => (x.digest < y.digest ? -1 : 1)
    expect([...store.list()]).toEqual([...blobs].sort(byDigest))
  })
}
