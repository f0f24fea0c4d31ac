import type { KeyObject } from 'node:crypto'
import { type GradeRecord, gradeRecordSchema } from './grade-record.js'
import { checkSignature } from './signature.js'
import { studentResultSchema } from './student-result.js'

/** What a signature stands for. */
export interface Certified
  extends Pick<GradeRecord, 'submission' | 'student' | 'outcome' | 'gradedAt' | 'hash'> {
  readonly earned?: number | undefined
  readonly possible?: number | undefined
  readonly isolation?: string | undefined
}

interface Judged {
  /** Why the file certifies nothing. */
  readonly wrong?: string
  readonly certified?: Certified
}

const wrongs = {
  changed: 'it was changed after it was signed',
  unknownKey: 'it was signed with another key',
  unsigned: 'it is not signed',
}

/** Judges a file of a batch: a record, or what a student gets. */
export function certify(text: string, publicKey: KeyObject): Judged {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { wrong: 'it is no JSON' }
  }
  if (typeof json !== 'object' || json === null) return { wrong: 'it is no record of a grade' }
  const verdict = checkSignature(json, publicKey)
  if (verdict !== 'valid') return { wrong: wrongs[verdict] }
  const certified = fromRecord(json) ?? fromStudentResult(json)
  return certified ? { certified } : { wrong: 'it is signed, but no record of a grade' }
}

function fromRecord(json: object): Certified | undefined {
  const record = gradeRecordSchema.safeParse(json).data
  if (!record) return undefined
  const { submission, student, outcome, gradedAt, hash, results } = record
  const mark = results && { earned: results.earned, possible: results.possible, isolation: results.isolation }
  return { submission, student, outcome, gradedAt, hash, ...mark }
}

function fromStudentResult(json: object): Certified | undefined {
  const result = studentResultSchema.safeParse(json).data
  if (!result?.student || !result.outcome || !result.gradedAt) return undefined
  const { submission, student, outcome, gradedAt, hash, isolation, mark } = result
  return {
    submission,
    student,
    outcome,
    gradedAt,
    hash,
    isolation,
    earned: mark?.points,
    possible: mark?.outOf,
  }
}
