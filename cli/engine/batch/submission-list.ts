/** Who handed something in: as much as the roster tells, named as in Canvas's gradebook. */
export interface Student {
  /** Canvas's `ID`, or the submission's own name where there is no roster. */
  readonly id: string
  readonly name: string
  readonly sisUserId?: string | undefined
  readonly sisLoginId?: string | undefined
  readonly section?: string | undefined
  readonly email?: string | undefined
}

/** One entry of a batch; nothing of it has been read or run yet. */
export interface Submission {
  /** Unique in the batch and safe as the name of a folder: `[A-Za-z0-9._-]+`, never `.` or `..`. */
  readonly id: string
  readonly student: Student
  readonly source: SubmissionSource
  /** When it was handed in, if the roster, the archive or the repository tells; never when it was graded. */
  readonly submittedAt?: Date | undefined
}

/** Where a submission is. Nothing was submitted where the roster names a student without one. */
export type SubmissionSource =
  | { readonly kind: 'folder' | 'zip' | 'tar'; readonly path: string }
  | { readonly kind: 'git'; readonly url: string; readonly ref?: string | undefined }
  | { readonly kind: 'missing' }
