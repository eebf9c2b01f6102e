/** Keeps the last `limit` lines of a stream of chunks, each cut at `width` characters. */
export const createLastLines = (
  limit: number,
  width = 1000,
): { add(chunk: Uint8Array): void; lines(): readonly string[] } => {
  const decoder = new TextDecoder()
  let kept: string[] = []
  let open = ''
  return {
    add: (chunk) => {
      const parts = (open + decoder.decode(chunk, { stream: true })).split('\n')
      open = (parts.pop() ?? '').slice(-width * 2)
      if (parts.length > 0) kept = [...kept, ...parts.map((line) => line.slice(0, width))].slice(-limit)
    },
    lines: () =>
      (open === '' ? kept : [...kept, open.slice(0, width)])
        .slice(-limit)
        .map((line) => line.replace(/\r$/, '')),
  }
}
