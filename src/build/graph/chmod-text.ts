const clause = /^[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+$/

/** Octal up to 7777, with any number of zeros before it, or symbolic as chmod(1) takes it. */
export const isChmod = (text: string): boolean =>
  /^0*[0-7]{1,4}$/.test(text) || (!/^\d/.test(text) && text.split(',').every((part) => clause.test(part)))
