/** What the name of a file or folder tells that a learning platform exported. */
export interface ExportedName {
  readonly id: string
  readonly name: string
  /** It was late; when it came is not told. */
  readonly isMarkedLate: boolean
}

// "lovelaceada_LATE_4711_98765_task-api.zip": name, the user's id, the upload's id, the file as it was called.
const canvas = /^(?<name>.+?)_(?<late>late_)?(?<id>\d+)_\d+_[^_].*$/i
// "Ada Lovelace_4711_assignsubmission_file_", or the same with the file's name behind it.
const moodle = /^(?<name>.+)_(?<id>\d+)_assignsubmission_(?<kind>[a-z]+)(_.*)?$/

/** Reads a name of Canvas's or Moodle's export; undefined for any other one. */
export function exportedName(text: string): ExportedName | undefined {
  const { name, id, late } = (moodle.exec(text) ?? canvas.exec(text))?.groups ?? {}
  if (name === undefined || id === undefined) return undefined
  return { id, name: name.replace(/_/g, ' ').trim(), isMarkedLate: late !== undefined }
}

/** Moodle's folder of what was typed in, beside what was uploaded. */
export const isOnlineText = (text: string): boolean => moodle.exec(text)?.groups?.kind === 'onlinetext'
