import { BepError } from '../../../fixtures/bep-error.js'
import { type Comparison, compareAnswers } from './compare-answers.js'
import type { Difference } from './comparison.js'
import type { Conversation, Sent } from './conversation.js'
import { IdPairs, TimePairs } from './pairs.js'
import { readPlaceholder } from './placeholders.js'
import { type PlannedRequest, titleOf } from './request-plan.js'

/** A request that was sent before the one that is compared. */
export interface Step {
  readonly name?: string
  /** Method and path, with their placeholders. */
  readonly request: string
  /** Statuses; undefined where no answer came. */
  readonly yours: number | undefined
  readonly reference: number
  readonly differences: readonly Difference[]
}

/** The answers of both apps to one request, and to those before it. */
export interface Diff {
  /** Nothing differs that counts: in the answers, and in the statuses of the steps. */
  readonly same: boolean
  readonly steps: readonly Step[]
  readonly request: string
  readonly yours: Sent
  readonly reference: Sent
  readonly comparison: Comparison
  /** Why a request before the last one is compared. */
  readonly stopped?: string
}

/**
 * Compares what both apps said to the last request of a plan; where the learner's app never got it, to the request
 * that is the cause.
 * @throws BepError PLACEHOLDER_EMPTY or REFERENCE_SILENT where the reference did not get to the last one either.
 */
export function diffConversations(
  plan: readonly PlannedRequest[],
  { yours, reference }: { readonly yours: Conversation; readonly reference: Conversation },
): Diff {
  if (reference.stuck) throw emptyPlaceholder(plan, reference)
  const known = { ids: new IdPairs(), times: new TimePairs(sentTexts([yours, reference])) }
  const last = yours.stuck?.step ?? yours.sent.length - 1
  const compared = plan.slice(0, last + 1).map((request, index) => {
    const [mine, theirs] = [yours.sent[index], reference.sent[index]]
    if (!theirs?.answer || !mine)
      throw new BepError(
        'REFERENCE_SILENT',
        `the reference gave no answer to ${titleOf(request)}: ${theirs?.exchange.failure}`,
        { fix: 'Run the command again; `bep doctor` looks for the cause.' },
      )
    const comparison = compareAnswers(
      {
        yours: { ...mine, appUrl: yours.appUrl },
        reference: { ...theirs, answer: theirs.answer, appUrl: reference.appUrl },
      },
      known,
    )
    const step: Step = {
      ...(request.name !== undefined && { name: request.name }),
      request: titleOf(request),
      yours: mine.answer?.status,
      reference: theirs.answer.status,
      differences: comparison.differences,
    }
    return { mine, theirs, comparison, step }
  })
  const end = compared.at(-1)
  if (!end) throw new Error('a plan without requests compares nothing')
  const steps = compared.slice(0, -1).map(({ step }) => step)
  const stopped = last < plan.length - 1 ? stopReason(plan, yours) : undefined
  return {
    same:
      stopped === undefined &&
      end.comparison.differences.every(({ free }) => free) &&
      steps.every(step => step.yours === step.reference),
    steps,
    request: end.step.request,
    yours: end.mine,
    reference: end.theirs,
    comparison: end.comparison,
    ...(stopped !== undefined && { stopped }),
  }
}

const sentTexts = (conversations: readonly Conversation[]) =>
  conversations.flatMap(({ sent }) => sent.map(({ exchange }) => exchange.requestBody ?? ''))

function stopReason(plan: readonly PlannedRequest[], { sent, stuck }: Conversation): string {
  const next = plan[sent.length]
  const title = next ? titleOf(next) : 'the next request'
  return stuck
    ? `${title} could not be sent to your app: its answer to this request has nothing for {{${stuck.placeholder}}}`
    : `${title} was not sent: your app left this request unanswered`
}

function emptyPlaceholder(plan: readonly PlannedRequest[], { sent, stuck }: Conversation): BepError {
  const { placeholder = '', step = 0 } = stuck ?? {}
  const [asked, request] = [plan[step], plan[sent.length]]
  const { status = 0, text = '', body } = sent[step]?.answer ?? {}
  const field = readPlaceholder(placeholder)?.path.join('.')
  const names = Object.keys(Object(body)).map(name => `\`${name}\``)
  return new BepError(
    'PLACEHOLDER_EMPTY',
    `{{${placeholder}}} in ${request && titleOf(request)} stands for nothing: the reference's answer to ${asked && titleOf(asked)} (${status}) has no \`${field}\``,
    {
      fix:
        status >= 400
          ? `Mend that request first; the reference says ${text.slice(0, 300)}`
          : names.length > 0
            ? `It has ${names.join(', ')}.`
            : 'It has no fields; name one of another request.',
    },
  )
}
