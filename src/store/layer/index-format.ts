/**
 * Index file: magic, u32 entries, u32 rows, u32 bytes of names, u32 bytes of extras, u32 1 when row 0 is a real entry;
 * then rows, names, extras. Row 0 is the root. The children of a directory are consecutive rows in code unit order,
 * so that a lookup is one binary search per component and nothing has to be parsed when a file is opened.
 */
export const magic = 'TSBIDX01'
export const headerSize = 32
