const maxLength = 80

/** A name that is safe as that of a folder, and as much like the given one as can be. */
export function safeName(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, maxLength)
    .replace(/[-.]+$/, '')
  return plain === '' ? 'submission' : plain
}

/** The same names; those that are taken, also where case does not count, get a number. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const wanted = new Set(names.map(name => name.toLowerCase()))
  const taken = new Set<string>()
  return names.map(name => {
    let unique = name
    // A number must not take a name that another one has from the start.
    for (let n = 2; taken.has(unique.toLowerCase()); n += 1) {
      const next = `${name}-${n}`
      if (!wanted.has(next.toLowerCase()) && !taken.has(next.toLowerCase())) unique = next
    }
    taken.add(unique.toLowerCase())
    return unique
  })
}
