const kinds: readonly (readonly [RegExp, 'zip' | 'tar'])[] = [
  [/\.zip$/i, 'zip'],
  [/\.(tar|tar\.gz|tgz)$/i, 'tar'],
]

/** What an archive is, by its name; undefined for what is none that bep unpacks. */
export const archiveKind = (name: string): 'zip' | 'tar' | undefined =>
  kinds.find(([ending]) => ending.test(name))?.[1]

/** The name without the ending of an archive or a bare repository. */
export const nameOfArchive = (name: string): string =>
  kinds.reduce((rest, [ending]) => rest.replace(ending, ''), name).replace(/\.git$/i, '')
