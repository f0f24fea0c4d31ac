import { readdir } from 'node:fs/promises'
import path from 'node:path'

const ignored = /^(\..+|node_modules|tests?|__tests__|__mocks__)$/
/** Folders of a workspace that are no code only where they lie at its top. */
const ignoredAtTop = /^(coverage|docs)$/
const built = /^(dist|build|out)$/
const script = /\.[cm]?[jt]sx?$/
const notCode = /\.(test|spec)\.[^.]+$|\.config\.[^.]+$|\.d\.[cm]?ts$/

/** Whether a file of a workspace counts as code of the app; `file` is relative. Tests do not. */
export function isCode(file: string): boolean {
  const segments = file.split(path.sep)
  const name = segments.pop() ?? ''
  return (
    segments[0] !== '..' &&
    script.test(name) &&
    !notCode.test(name) &&
    !ignoredAtTop.test(segments[0] ?? '') &&
    !segments.some(folder => ignored.test(folder))
  )
}

/** The code of a workspace: absolute names, without what a build has made. */
export async function listSources(root: string, folder = root): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async entry => {
      const at = path.join(folder, entry.name)
      if (entry.isDirectory())
        return ignored.test(entry.name) || built.test(entry.name) ? [] : listSources(root, at)
      return entry.isFile() && isCode(path.relative(root, at)) ? [at] : []
    }),
  )
  return found.flat()
}
