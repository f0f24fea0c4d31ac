import type { Judge } from './judges.js'

/** A place in the compiled reference. */
export interface Place {
  /** Path below the compiled reference's folder. */
  readonly file: string
  readonly offset: number
}

/** The rows that may catch a mutant, with the settings to run it with. */
interface Panel {
  readonly settings: Judge['settings']
  readonly rows: readonly string[]
}

/** Chooses who judges a mutant, and learns from who caught the ones before. */
export interface Panels {
  /**
   * The rows that make this place run, for each variant in which any does. The variant that runs most of the file
   * comes first: what runs at start is run by the others, too. Of its rows, those come first that caught most in
   * the file, then the quick ones.
   */
  at(place: Place): readonly Panel[]
  /** Notes that this row caught a mutant of the file. */
  note(row: string, file: string): void
}

export function openPanels(judges: readonly Judge[]): Panels {
  const caught = new Map<string, number>()
  const caughtBy = ({ row }: Judge, file: string) => caught.get(`${row.id} ${file}`) ?? 0
  const variants = [...new Set(judges.map(({ settings }) => settings))]
  return {
    at({ file, offset }) {
      const reaching = judges.filter(({ reach }) => reach.reaches(file, offset))
      return variants
        .map(settings => reaching.filter(judge => judge.settings === settings))
        .filter(own => own.length > 0)
        .sort((a, b) => functionsOf(b, file) - functionsOf(a, file))
        .map(own => ({
          settings: own[0]?.settings ?? {},
          rows: own
            .sort((a, b) => caughtBy(b, file) - caughtBy(a, file) || a.durationMs - b.durationMs)
            .map(({ row }) => row.id),
        }))
    },
    note(row, file) {
      const key = `${row} ${file}`
      caught.set(key, (caught.get(key) ?? 0) + 1)
    },
  }
}

const functionsOf = (judges: readonly Judge[], file: string) =>
  Math.max(...judges.map(({ reach }) => reach.functionsOf(file)))
