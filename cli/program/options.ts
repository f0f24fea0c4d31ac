import { InvalidArgumentError, Option } from 'commander'

export const json = () => new Option('--json', 'print machine-readable JSON')
export const services = () =>
  new Option('--services <provider>', 'where services come from')
    .choices(['auto', 'docker', 'local', 'external'])
    .env('BEP_SERVICES')
    .default('auto')
export const seed = () =>
  new Option('--seed <number>', 'replay a run with its random values').argParser(wholeNumber)
export const port = () =>
  new Option('--port <number>', 'port of your server (default: 3000, or the next free one)').argParser(
    portNumber,
  )

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of at most nine digits.')
  return Number(text)
}

export function shard(text: string): { index: number; count: number } {
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (!index || !count || index > count)
    throw new InvalidArgumentError('A shard is i/n with i from 1 to n, as in 2/4.')
  return { index, count }
}

export function positive(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It is a whole number from 1 on.')
  return number
}

export function repetitions(text: string): number {
  const number = Number(text)
  if (!/^\d{1,4}$/.test(text) || number < 2)
    throw new InvalidArgumentError('It is a whole number from 2 to 9999: half of the runs are under load.')
  return number
}

export const collect = (value: string, earlier: readonly string[] = []) => [...earlier, value]

export const tiers = ['process', 'sandbox', 'docker']

function portNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('A port is a number from 1 to 65535.')
  return number
}

export const freeOrPort = (text: string) => (text === '0' ? 0 : portNumber(text))

export function percentage(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && number <= 100))
    throw new InvalidArgumentError('It is a percentage from 0 to 100.')
  return number
}
