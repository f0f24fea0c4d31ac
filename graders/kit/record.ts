import type { Exchange } from './exchange.js'

const keyOf = ({ method, path, response }: Exchange) => {
  const status = response?.status ?? 0
  // Errors have one shape for all routes; successes have one per route.
  if (status >= 400) return String(status)
  return `${method} ${path.split('?')[0]?.split('/').slice(0, 2).join('/')} ${status}`
}

/**
 * Every exchange of a run, and which of them a failed check was about. A kind of answer that cost one row
 * is not held against another: each mistake is charged once.
 */
export class ExchangeRecord {
  readonly #exchanges: Exchange[] = []
  readonly #charged = new Set<string>()

  add(exchange: Exchange): void {
    this.#exchanges.push(exchange)
  }

  /** Marks the beginning of a check. */
  begin(): number {
    return this.#exchanges.length
  }

  since(mark: number): readonly Exchange[] {
    return this.#exchanges.slice(mark)
  }

  /** Notes that a failed check was about this exchange. */
  charge(exchange: Exchange): void {
    this.#charged.add(keyOf(exchange))
  }

  uncharged(): readonly Exchange[] {
    return this.#exchanges.filter(exchange => exchange.response && !this.#charged.has(keyOf(exchange)))
  }
}
