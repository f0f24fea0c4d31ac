import ts from 'typescript'
import { roleOf } from './numbers.js'
import { type Rule, replace } from './rule.js'

const { SyntaxKind } = ts

const comparisons = new Map<ts.SyntaxKind, string>([
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
  [SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken, '==='],
])

/** Comparisons move by one step or are turned over; numbers become one more and one less. */
export const boundary: Rule = (node, source) => {
  if (ts.isBinaryExpression(node)) {
    const to = comparisons.get(node.operatorToken.kind)
    return to === undefined ? [] : [replace(node.operatorToken, source, to)]
  }
  if (ts.isBigIntLiteral(node)) {
    const value = BigInt(node.text.slice(0, -1))
    return [value + 1n, value - 1n].map(to => replace(node, source, signed(`${to}n`)))
  }
  // A name, such as a status in a table.
  if (!ts.isNumericLiteral(node) || (ts.isPropertyAssignment(node.parent) && node.parent.name === node))
    return []
  if (roleOf(node) !== 'number') return []
  const value = Number(node.text)
  return [value + 1, value - 1].map(to => replace(node, source, signed(String(to))))
}

// After another sign, too.
const signed = (number: string) => (number.startsWith('-') ? `(${number})` : number)

/** What a status is mistaken for most easily. */
const neighbours: Readonly<Record<string, number>> = {
  200: 201,
  201: 200,
  202: 200,
  204: 200,
  301: 302,
  302: 303,
  303: 302,
  304: 200,
  400: 422,
  401: 403,
  403: 404,
  404: 400,
  405: 404,
  409: 400,
  410: 404,
  412: 409,
  413: 400,
  415: 400,
  422: 400,
  429: 503,
  500: 400,
  503: 500,
}

/** A status becomes another of its kind, or one that it is mistaken for. */
export const status: Rule = (node, source) => {
  if (!ts.isNumericLiteral(node) || roleOf(node) !== 'status') return []
  return [replace(node, source, String(neighbours[node.text] ?? Number(node.text) + 1))]
}
