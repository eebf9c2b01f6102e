import type { SourceInstruction } from './types.ts'

/** What a comment above a FROM says of its stage. */
export const stageDescription = (
  from: SourceInstruction | undefined,
  name: string | undefined,
): string | undefined => (from && name !== undefined ? descriptionOf(name, from.comments) : undefined)

/** The text after the name in the first comment above that starts with it. */
export const descriptionOf = (name: string, comments: readonly string[]): string | undefined =>
  comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1)
