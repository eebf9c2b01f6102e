/** User name or password of a URL, its escapes undone. A bad escape is no escape. */
export const decodedPart = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
