const codes = new Set([
  'SUBMISSION_WITHOUT_WORKSPACE',
  'SUBMISSION_AMBIGUOUS',
  'SUBMISSION_TOO_LARGE',
  'ARCHIVE_UNSAFE',
  'ARCHIVE_BROKEN',
  'GIT_REF_MISSING',
  'GIT_BROKEN',
  'SETTINGS_BROKEN',
  'WRONG_PROJECT',
  'INSTALL_FAILED',
  'BUILD_FAILED',
])

/**
 * Whether what `fetchSubmission` or `stageSubmission` threw, or the `problem` of a grade, is the work of whoever
 * handed it in: then it gets no points, and trying again would change nothing. All else is ours, and costs nobody a
 * mark.
 */
export const isStudentsFault = (error: unknown): boolean =>
  hasCode(error) && (codes.has(error.code) || error.code.startsWith('APP_'))

const hasCode = (error: unknown): error is { readonly code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
