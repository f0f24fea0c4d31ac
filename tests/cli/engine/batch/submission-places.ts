import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { fetchSubmission } from '../../../../cli/engine/batch/fetch-submission.js'
import type { SubmissionSource } from '../../../../cli/engine/batch/submission-source.js'

/** A folder that is deleted after the test. */
export async function temporaryPlace(): Promise<string> {
  const place = await mkdtemp(path.join(tmpdir(), 'bep-batch-'))
  onTestFinished(() => rm(place, { recursive: true, force: true }))
  return place
}

export type Files = Readonly<Record<string, string | Buffer>>

/** A workspace, as far as the reading side is concerned. */
export const settings = 'project: project-1\nstart: node server.js\n'
export const workspace: Files = { 'bep.yml': settings, 'server.js': '1\n', 'src/users.js': 'export {}\n' }

export async function writeFiles(dir: string, files: Files): Promise<string> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
    await writeFile(path.join(dir, file), content)
  }
  return dir
}

/** Fetches what lies there into `<place>/fetched`. */
export const fetchInto = (place: string, source: SubmissionSource, env: NodeJS.ProcessEnv = process.env) =>
  fetchSubmission({ id: 'ada', student: { id: 'ada', name: 'Ada' }, source }, path.join(place, 'fetched'), {
    env,
  })

/** Writes an archive and fetches it. */
export async function fetchArchive(place: string, kind: 'zip' | 'tar', archive: Buffer) {
  const file = path.join(place, `handed-in.${kind}`)
  await writeFile(file, archive)
  return fetchInto(place, { kind, path: file })
}

/** All below the folder but folders themselves, sorted. */
export async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort()
}

export const readText = (dir: string, file: string) => readFile(path.join(dir, file), 'utf8')
