/** {median, least, most} of numbers; undefined when there are none. */
export const summary = (values) => {
  if (!values?.length) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, least: sorted[0], most: sorted.at(-1) }
}

/**
 * The exponent p of y = c * x^p by least squares over the logarithms; undefined for less than two points.
 * @param points [[x, y], ...], all above 0
 */
export const exponent = (points) => {
  if (points.length < 2) return undefined
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)])
  const mean = (i) => logs.reduce((sum, log) => sum + log[i], 0) / logs.length
  const [mx, my] = [mean(0), mean(1)]
  const above = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  const below = logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
  return above / below
}
