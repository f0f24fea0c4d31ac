import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../fixtures/bep-error.js'
import { type SkeletonNames, skeletonFiles } from './skeleton-files.js'

interface SkeletonOptions {
  readonly slug: string
  readonly title?: string
}

const slugForm = /^(?:(\d{2})|b([1-9]))-([a-z0-9]+(?:-[a-z0-9]+)*)$/

/**
 * Writes a new project that compiles, with a first row, into the checkout `root`, and a line for it into the
 * catalog; gives its id and the files that it wrote or changed.
 * @throws BepError NOT_A_CHECKOUT, BAD_SLUG or PROJECT_EXISTS; nothing was written then.
 */
export async function makeSkeleton(
  root: string,
  { slug, title }: SkeletonOptions,
): Promise<{ id: string; files: readonly string[] }> {
  if (!existsSync(path.join(root, 'graders', 'tsconfig.json'))) {
    throw new BepError('NOT_A_CHECKOUT', `${root} is not a checkout of bep: its sources are not there`, {
      fix: 'Clone the repository of bep and run the command there.',
    })
  }
  const names = namesFrom(slug, title)
  const catalogFile = path.join(root, 'projects', 'catalog.ts')
  const catalog = withEntry(await readFile(catalogFile, 'utf8'), names)
  for (const part of ['projects', 'templates', 'graders']) {
    if (!existsSync(path.join(root, part, slug))) continue
    throw new BepError('PROJECT_EXISTS', `there is a folder ${part}/${slug} already; nothing was written`, {
      fix: 'Choose another slug, or go on with that project: `bep dev check` tells what it lacks.',
    })
  }
  const files = Object.entries(skeletonFiles(names))
  for (const [file, text] of files) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true })
    await writeFile(path.join(root, file), text, { flag: 'wx' })
  }
  // Last: a catalog that names a project without folders would break every command.
  await writeFileAtomic(catalogFile, catalog)
  return { id: names.id, files: [...files.map(([file]) => file), 'projects/catalog.ts'] }
}

function namesFrom(slug: string, title: string | undefined): SkeletonNames {
  const [, number, bonus, folder] = slugForm.exec(slug) ?? []
  if (folder === undefined || Number(number) === 0) {
    throw new BepError('BAD_SLUG', `"${slug}" is no slug of a project`, {
      fix: 'Two digits or a b with one, then words: `02-blog-auth`, `b1-rate-limiter`.',
    })
  }
  const words = folder.replaceAll('-', ' ')
  return {
    id: number === undefined ? `bonus-${bonus}` : `project-${Number(number)}`,
    slug,
    folder,
    title: title?.trim() || words.charAt(0).toUpperCase() + words.slice(1),
  }
}

const entryForm = /^ {2}\{\n(?: {4}.*\n)+? {2}\},\n/gm
const end = /^\]$/m

/** The catalog's source with the project in its place: numbered ones in order, the bonus ones after them. */
function withEntry(source: string, { id, slug, title }: SkeletonNames): string {
  const entries = [...source.matchAll(entryForm)].map(match => ({
    at: match.index,
    slug: /slug: '([^']+)'/.exec(match[0])?.[1] ?? '',
    id: /id: '([^']+)'/.exec(match[0])?.[1] ?? '',
  }))
  const twin = entries.find(entry => entry.id === id)
  if (twin) {
    throw new BepError('PROJECT_EXISTS', `the catalog has ${id} already: ${twin.slug}; nothing was written`, {
      fix: 'Choose another number.',
    })
  }
  const at = entries.find(entry => entry.slug > slug)?.at ?? source.search(end)
  const entry = `  {
    id: '${id}',
    slug: '${slug}',
    title: ${JSON.stringify(title)
      .replaceAll("'", "\\'")
      .replace(/^"(.*)"$/, "'$1'")},
    preview: true,
    phase: 'Unsorted',
    topics: [],
    services: ['postgres'],
    variants: [{}],
  },
`
  return source.slice(0, at) + entry + source.slice(at)
}
