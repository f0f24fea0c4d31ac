import { type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { archiveKind } from './archive-name.js'
import {
  type GitSource,
  gitSource,
  isBareRepository,
  parseGitUrl,
  splitRef,
  withoutSecrets,
} from './git-source.js'

/** Where a submission is. Nothing was submitted where the roster names a student without one. */
export type SubmissionSource =
  | { readonly kind: 'folder' | 'zip' | 'tar'; readonly path: string }
  | GitSource
  | { readonly kind: 'missing' }

/** Where a submission is, for people to read: without the password or token of a URL. */
export function sourceName(source: SubmissionSource): string {
  if (source.kind === 'missing') return ''
  if (source.kind !== 'git') return source.path
  return `${withoutSecrets(source.url)}${source.ref === undefined ? '' : `#${source.ref}`}`
}

/**
 * The single submission that a path, relative to `cwd`, or a URL names; undefined if there is none.
 * @throws BepError GIT_URL_REFUSED
 */
export function findSource(
  name: string,
  cwd: string,
): Exclude<SubmissionSource, { kind: 'missing' }> | undefined {
  const file = path.resolve(cwd, name)
  const found = statOf(file)
  if (found?.isDirectory()) {
    return isBareRepository(file) ? { kind: 'git', url: file } : { kind: 'folder', path: file }
  }
  if (found?.isFile()) {
    const kind = archiveKind(file)
    return kind && { kind, path: file }
  }
  const url = parseGitUrl(name)
  if (url !== undefined) return url
  const [place, ref] = splitRef(file)
  const isRepository = isBareRepository(place) || statOf(path.join(place, '.git')) !== undefined
  return ref !== undefined && isRepository ? gitSource(place, ref) : undefined
}

/** What is there, links followed; undefined where nothing is. */
export const statOf = (file: string): Stats | undefined => {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    // Such as a name that is too long, or below a file.
    return undefined
  }
}
