// The few parts that our pictures are made of. Colours that show on light and on dark.
export const ink = '#7d8590'
export const good = '#3fa45b'
export const bad = '#d0803a'
export const mark = '#8b6fd6'

const markup = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const fixed = (value) => Number(value.toFixed(1))

export const text = (x, y, content, more = '') =>
  `<text x="${fixed(x)}" y="${fixed(y)}"${more && ` ${more}`}>${markup(content)}</text>`

export const line = (x1, y1, x2, y2, more) =>
  `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" ${more}/>`

export const box = (x, y, width, height, color) =>
  `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(height)}" rx="2" fill="${color}"/>`

/** A whole picture; `label` says in words what it shows. */
export const svg = (width, height, label, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${markup(label)}">`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="${ink}">`,
    ...parts,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
