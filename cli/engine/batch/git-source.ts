import { lstatSync } from 'node:fs'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'

/** A repository, and what of it is to be graded: its HEAD where no ref is named. */
export interface GitSource {
  readonly kind: 'git'
  readonly url: string
  readonly ref?: string | undefined
}

const schemes = new Set(['https', 'ssh', 'file'])

/**
 * Reads `https://…`, `ssh://…`, `file://…` or `user@host:path`, each with an optional `#ref`; undefined for what
 * looks like none of them.
 * @throws BepError GIT_URL_REFUSED
 */
export function parseGitUrl(text: string): GitSource | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):(?:\/\/|:)/i.exec(text)?.[1]?.toLowerCase()
  const isShort = scheme === undefined && /^[\w.][\w.-]*@[\w.-]+:(?!:)/.test(text)
  if (scheme === undefined && !isShort) return undefined
  const [url, ref] = splitRef(text)
  if (scheme !== undefined && (!schemes.has(scheme) || text.startsWith(`${scheme}::`))) {
    throw refused(text, 'a repository is named by https, ssh or file')
  }
  if (scheme !== undefined && !URL.canParse(url)) throw refused(text, 'this is no URL')
  const host = scheme === undefined ? url.slice(url.indexOf('@') + 1) : new URL(url).hostname
  // ssh would take it for an option.
  if (host.startsWith('-')) throw refused(text, 'this names no host')
  return gitSource(url, ref)
}

/** A source that was named with a ref, or without. @throws BepError GIT_URL_REFUSED */
export function gitSource(url: string, ref: string | undefined): GitSource {
  if (ref === undefined) return { kind: 'git', url }
  // As git-check-ref-format(1) has it, and never an option or more than one ref.
  const isRef = /^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]*$/u.test(ref) && !/\.\.|@\{/.test(ref)
  if (!isRef) throw refused(`${url}#${ref}`, `"${ref}" is no name of a branch, a tag or a commit`)
  return { kind: 'git', url, ref }
}

/** `name#ref` as its two parts. */
export function splitRef(text: string): readonly [name: string, ref: string | undefined] {
  const at = text.lastIndexOf('#')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** Whether a folder is what `git init --bare` makes. */
export function isBareRepository(dir: string): boolean {
  const is = (name: string, kind: 'isFile' | 'isDirectory') =>
    lstatSync(path.join(dir, name), { throwIfNoEntry: false })?.[kind]() ?? false
  return is('HEAD', 'isFile') && is('objects', 'isDirectory') && is('refs', 'isDirectory')
}

/** The source as it may be shown: a URL loses the password or token in it. */
export const withoutSecrets = (text: string): string =>
  text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^@/]*@/i, (all, scheme: string) =>
    scheme.toLowerCase().startsWith('ssh') && !all.slice(scheme.length).includes(':') ? all : `${scheme}…@`,
  )

const refused = (text: string, why: string) =>
  new BepError('GIT_URL_REFUSED', `"${withoutSecrets(text)}" is not fetched: ${why}`, {
    fix: 'Name it as https://host/path, ssh://user@host/path, user@host:path or file:///path, with #ref where it is not HEAD.',
  })
