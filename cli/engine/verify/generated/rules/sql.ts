import ts from 'typescript'
import { methodOf, type Rule, removeFromChain, removeFromList, replace } from './rule.js'
import { sqlEdits } from './sql-text.js'
import { textOf } from './text.js'

/** Methods of a query builder without which the statement stays one. */
const clauses = new Set([
  'distinct',
  'forNoKeyUpdate',
  'forShare',
  'forUpdate',
  'having',
  'limit',
  'offset',
  'onConflict',
  'onDelete',
  'orderBy',
  'skipLocked',
  'unique',
  'where',
  'whereRef',
])

const operators: Readonly<Record<string, string>> = {
  '=': '!=',
  '!=': '=',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  is: 'is not',
  'is not': 'is',
  in: 'not in',
  'not in': 'in',
}

/** Clauses of statements are left out, orders and comparisons turned over: in query builders and in SQL. */
export const sql: Rule = (node, source) => {
  if (ts.isCallExpression(node)) return builderEdits(node, source)
  if (ts.isStringLiteral(node) && /^(asc|desc)$/.test(node.text) && !isCompared(node))
    return [replace(node, source, node.text === 'asc' ? "'desc'" : "'asc'")]
  const text = textOf(node, source)
  if (!text || !(text.tag === 'sql' || /^\s*(select|insert|update|delete|with)\b/i.test(text.masked)))
    return []
  return sqlEdits(text.masked).map(({ start, end, to }) => ({
    start: start + text.start,
    end: end + text.start,
    to,
  }))
}

function builderEdits(node: ts.CallExpression, source: ts.SourceFile) {
  const method = methodOf(node)
  if (method === undefined) {
    const { expression, arguments: parts } = node
    return /^(and|or)$/.test(expression.getText(source)) && parts.length > 1
      ? parts.map(part => removeFromList(parts, part, source))
      : []
  }
  if (method === 'unionAll' && ts.isPropertyAccessExpression(node.expression))
    return [replace(node.expression.name, source, 'union')]
  if (!clauses.has(method)) return []
  const [, operator] = node.arguments
  const compared = operator && ts.isStringLiteral(operator) && operators[operator.text]
  return [removeFromChain(node) ?? [], compared ? replace(operator, source, `'${compared}'`) : []].flat()
}

const isCompared = ({ parent }: ts.Node) =>
  ts.isBinaryExpression(parent) || ts.isArrayLiteralExpression(parent) || ts.isTypeNode(parent)
