import { expect } from 'vitest'
import type { Answer } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import { NotRun } from '../kit/service-faults.js'
import { newUser, register } from './resources.js'

/** Pairs of attempts that are enough when the times are alike, and when they are not. Both are odd. */
const FEW = 3
const MANY = 9

/**
 * Tries to log in at `path` with a wrong password and with an unknown address, in turns, and expects that
 * nothing tells the two apart.
 * @returns all answers.
 * @throws NotRun when the machine is too busy to compare times.
 */
export async function expectAlike(
  context: Pick<CheckContext, 'api' | 'random'>,
  path: '/auth/login' | '/session',
): Promise<readonly Answer[]> {
  const { api, random } = context
  // A user of this check alone: the hash must have the cost that the server gives it.
  const { email } = await register(context)
  const wrong: Answer[] = []
  const unknown: Answer[] = []
  const attempt = async (pairs: number) => {
    while (wrong.length < pairs) {
      const password = `pw ${random.letters(16)}`
      wrong.push(await api.post(path, { email, password }))
      unknown.push(await api.post(path, { email: newUser(context).email, password }))
    }
    for (const answer of [...wrong, ...unknown]) expect(answer).toBeProblem(401)
    expect(new Set([...wrong, ...unknown].map(answer => answer.text)).size, 'different bodies').toBe(1)
  }

  await attempt(FEW)
  if (isFaster(unknown, wrong)) await attempt(MANY)
  if (isFaster(unknown, wrong)) {
    // Noise slows down some answers of either kind; a comparison that is left out makes one kind faster.
    if (Math.max(...timesMs(unknown)) > Math.min(...timesMs(wrong))) {
      throw new NotRun('the machine is too busy to compare the times of logins')
    }
    expect(
      medianMs(unknown),
      `median time for an unknown address (ms), that for a wrong password being ${medianMs(wrong)}`,
    ).toBeGreaterThanOrEqual(medianMs(wrong) / 2)
  }
  return [...wrong, ...unknown]
}

const isFaster = (unknown: readonly Answer[], wrong: readonly Answer[]) =>
  medianMs(unknown) < medianMs(wrong) / 2

const timesMs = (answers: readonly Answer[]) =>
  answers.map(({ exchange }) => (exchange.endedAtUs - exchange.startedAtUs) / 1000)

/** The middle of the times that an odd number of answers took. */
function medianMs(answers: readonly Answer[]): number {
  const times = timesMs(answers).sort((a, b) => a - b)
  return times[(times.length - 1) / 2] ?? Number.NaN
}
