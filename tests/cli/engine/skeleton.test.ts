import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { packageRoot } from '../../../cli/engine/project-files.js'
import { makeSkeleton } from '../../../cli/engine/skeleton.js'
import { catalog as projects } from '../../../projects/catalog.js'
import { temporaryHome } from '../../fixtures/temporary-home.js'

/** A checkout with the sources that a new project is added to. */
async function checkout(): Promise<string> {
  const root = await temporaryHome()
  for (const part of ['projects', 'graders', 'fixtures', 'templates', 'tsconfig.base.json', 'package.json'])
    await cp(path.join(packageRoot, part), path.join(root, part), { recursive: true })
  await symlink(path.join(packageRoot, 'node_modules'), path.join(root, 'node_modules'), 'junction')
  return root
}

test('a new project compiles and stands in the catalog in its place', async () => {
  const root = await checkout()
  await makeSkeleton(root, { slug: 'b1-rate-limiter', title: "The limiter's limits" })
  const { id, files } = await makeSkeleton(root, { slug: '05-ai-content' })
  expect(id).toBe('project-5')
  expect(files).toContain('graders/05-ai-content/items.check.ts')
  const catalog = await readFile(path.join(root, 'projects', 'catalog.ts'), 'utf8')
  const known = projects.map(({ slug }) => slug)
  const slugs = [...catalog.matchAll(/slug: '(.+)'/g)].map(([, slug]) => slug)
  expect(slugs).toEqual([...known, '05-ai-content', 'b1-rate-limiter'])
  expect(catalog).toContain("title: 'Ai content'")
  const tsc = path.join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc')
  const compiled = await execa(process.execPath, [tsc, '-b', 'projects', 'graders'], {
    cwd: root,
    reject: false,
  })
  expect(compiled.stdout).toBe('')
}, 60_000)

test('nothing is overwritten, and a slug has its form', async () => {
  const root = await temporaryHome()
  await mkdir(path.join(root, 'graders'))
  await writeFile(path.join(root, 'graders', 'tsconfig.json'), '{}')
  await cp(path.join(packageRoot, 'projects', 'catalog.ts'), path.join(root, 'projects', 'catalog.ts'))
  const make = (slug: string) => makeSkeleton(root, { slug })
  for (const slug of ['blog', '2-blog', '00-blog', '02-Blog', '02-', 'b0-x', '../02-blog', '02-blog/x'])
    await expect(make(slug), slug).rejects.toMatchObject({ code: 'BAD_SLUG' })
  await expect(make('01-another')).rejects.toMatchObject({ code: 'PROJECT_EXISTS' })
  await mkdir(path.join(root, 'templates', '05-blog'), { recursive: true })
  await expect(make('05-blog')).rejects.toMatchObject({ code: 'PROJECT_EXISTS' })
  await expect(makeSkeleton(path.join(root, 'templates'), { slug: '03-x' })).rejects.toMatchObject({
    code: 'NOT_A_CHECKOUT',
  })
})
