/**
 * The name of a ref that may be handed to git: never an option, a refspec, or a revision expression
 * (git-check-ref-format(1)). Undefined when it is none.
 */
export const parseGitRef = (text: string): string | undefined => {
  if (text === '' || text.length > 1024) return undefined
  if (/^[-+/]|[/.]$|\.\.|\/\/|@\{|\.lock(\/|$)|(^|\/)\./.test(text)) return undefined
  return /[\p{Cc}\s~^:?*[\\]/u.test(text) ? undefined : text
}

/** A commit id, or at least seven digits of one, in lower case. Undefined when it is none. */
export const parseGitChecksum = (text: string): string | undefined =>
  /^[0-9a-f]{7,64}$/i.test(text) ? text.toLowerCase() : undefined
