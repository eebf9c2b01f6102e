const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Go's duration syntax (`1m30s`, `1.5h`, `0`) to nanoseconds; undefined when it is something else. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^([+-]?)(.*)$/s.exec(text)
  const sign = match?.[1] === '-' ? -1 : 1
  const body = match?.[2] ?? ''
  if (body === '0') return 0
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(body)) return undefined
  let total = 0
  for (const [, number = '', unit = ''] of body.matchAll(/([\d.]+)([a-z\u00b5\u03bc]+)/g))
    total += Number(number) * (units[unit] ?? 0)
  const nanoseconds = sign * Math.trunc(total)
  return Number.isSafeInteger(nanoseconds) ? nanoseconds : undefined
}
