import { type Header, pack } from 'tar-stream'

/** A member of a test archive: any header, with content or without. */
export type TestMember = Partial<Header> & { readonly name: string; readonly content?: string | Uint8Array }

/** A tar with exactly these members, hostile ones too. */
export const makeTar = async (members: readonly TestMember[]): Promise<Buffer> => {
  const tar = pack()
  for (const { content, ...header } of members) {
    if (content === undefined) tar.entry({ type: 'file', ...header }, '')
    else tar.entry({ type: 'file', ...header }, Buffer.from(content))
  }
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) if (chunk instanceof Uint8Array) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The bytes in pieces of `size`, as a stream would bring them. */
export async function* inPieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
