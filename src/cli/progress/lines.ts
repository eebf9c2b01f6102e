/** Cuts a stream of chunks into lines. A line longer than 64 KiB is given in parts. */
export const createLineSplitter = (
  emit: (line: string) => void,
): { add(chunk: Uint8Array): void; end(): void } => {
  const decoder = new TextDecoder()
  let open = ''
  return {
    add: (chunk) => {
      open += decoder.decode(chunk, { stream: true })
      let from = 0
      for (let at = open.indexOf('\n'); at >= 0; at = open.indexOf('\n', from)) {
        emit(lastOverwrite(open.slice(from, at)))
        from = at + 1
      }
      open = open.slice(from)
      if (open.length > 65_536) {
        emit(open)
        open = ''
      }
    },
    end: () => {
      if (open !== '') emit(lastOverwrite(open))
      open = ''
    },
  }
}

/** What a terminal would show of a line that carriage returns overwrote: progress bars become their last state. */
const lastOverwrite = (line: string): string => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  return text.slice(text.lastIndexOf('\r') + 1)
}
