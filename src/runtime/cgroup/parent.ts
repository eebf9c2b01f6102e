/** Where cgroups are made below the root of each hierarchy, unless the user says otherwise. */
export const defaultParent = 'tsbuild'
