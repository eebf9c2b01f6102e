/** `type=cache,target=/x,required` as a map; a name alone has the value `true`. Good enough for questions about a mount that is known to parse. */
export const mountFields = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(',').map((field) => {
      const equals = field.indexOf('=')
      const name = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase()
      return [aliases.get(name) ?? name, equals < 0 ? 'true' : field.slice(equals + 1).trim()] as const
    }),
  )

const aliases: ReadonlyMap<string, string> = new Map([
  ['dst', 'target'],
  ['destination', 'target'],
  ['src', 'source'],
])
