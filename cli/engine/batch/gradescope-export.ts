import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Student } from './submission-list.js'

export const gradescopeFile = 'submission_metadata.yml'

// Keys are symbols of Ruby's.
const submitter = z.object({
  ':name': z.string(),
  ':sid': z.coerce.string().nullish(),
  ':email': z.string().nullish(),
})
const metadataSchema = z.record(
  z.string(),
  z.object({ ':submitters': z.array(submitter).min(1), ':created_at': z.string() }),
)

interface GradescopeEntry {
  /** More than one where they worked together. */
  readonly students: readonly Student[]
  readonly submittedAt: Date
}

/**
 * What Gradescope's export says of its folders, by the folder's name; undefined where there is no such file.
 * @throws BepError EXPORT_BROKEN
 */
export async function readGradescope(dir: string): Promise<ReadonlyMap<string, GradescopeEntry> | undefined> {
  const file = path.join(dir, gradescopeFile)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const broken = (why: string) =>
    new BepError('EXPORT_BROKEN', `${file} is not as Gradescope writes it: ${why}`, {
      fix: 'Export the submissions again, or delete the file: then the folders are named as they are.',
    })
  const document = parseDocument(text)
  if (document.errors[0]) throw broken(document.errors[0].message.split('\n')[0] ?? '')
  const parsed = metadataSchema.safeParse(document.toJS())
  if (!parsed.success) throw broken(z.prettifyError(parsed.error).replaceAll('\n', ' '))
  return new Map(
    Object.entries(parsed.data).map(([folder, entry]) => {
      // "2026-10-01 12:00:00.000000000 Z"
      const time = entry[':created_at'].trim().replace(/^(\S+) (\S+) ?(Z|[+-]\d\d:?\d\d)$/, '$1T$2$3')
      const submittedAt = new Date(time.replace(/(\.\d{3})\d+/, '$1'))
      if (Number.isNaN(submittedAt.getTime()))
        throw broken(`${folder} has the time "${entry[':created_at']}"`)
      const students = entry[':submitters'].map(({ ':name': name, ':sid': sid, ':email': email }) => ({
        id: sid || email || name,
        name,
        ...(sid && { sisUserId: sid }),
        ...(email && { email }),
      }))
      return [folder, { students, submittedAt }]
    }),
  )
}
