import type { CheckContext } from '../kit/check.js'

interface Span {
  readonly startedAtUs: number
  readonly endedAtUs: number
}

/** Commands that read or write documents; the rest is a driver's housekeeping. */
const dataCommands = new Set([
  'aggregate',
  'bulkWrite',
  'count',
  'delete',
  'distinct',
  'find',
  'findAndModify',
  'getMore',
  'insert',
  'update',
])

/** The MongoDB commands on documents while an answer, or the first to the last of several, was made. */
export async function mongoCommandsDuring(
  context: Pick<CheckContext, 'mongoCommandsOf'>,
  answers: readonly { readonly exchange: Span }[],
) {
  const seen = await context.mongoCommandsOf({ exchange: spanOf(answers) })
  return seen.filter(({ command }) => dataCommands.has(command))
}

/** The Redis commands on keys in that time. */
export async function redisCommandsDuring(
  context: Pick<CheckContext, 'redisCommandsOf'>,
  answers: readonly { readonly exchange: Span }[],
) {
  const seen = await context.redisCommandsOf({ exchange: spanOf(answers) })
  return seen.filter(({ keys }) => keys.length > 0)
}

function spanOf(answers: readonly { readonly exchange: Span }[]): Span {
  return {
    startedAtUs: Math.min(...answers.map(({ exchange }) => exchange.startedAtUs)),
    endedAtUs: Math.max(...answers.map(({ exchange }) => exchange.endedAtUs)),
  }
}
