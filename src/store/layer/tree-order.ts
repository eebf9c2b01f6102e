/**
 * Order of a depth-first walk whose siblings are in code unit order: parents before children, and a directory's
 * descendants directly behind it. As `/` were the smallest character.
 */
export const byTreeOrder = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x === slash ? -1 : y === slash ? 1 : x - y
  }
  return a.length - b.length
}

const slash = 0x2f
