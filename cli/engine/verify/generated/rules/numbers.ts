import { STATUS_CODES } from 'node:http'
import ts from 'typescript'
import { nameOf } from './rule.js'

/** What a number in the source stands for; each is changed by one rule alone. */
type NumberRole = 'status' | 'direction' | 'flag' | 'number'

export function roleOf(literal: ts.NumericLiteral): NumberRole {
  if (literal.text in STATUS_CODES && isStatus(literal)) return 'status'
  const value = ts.isPrefixUnaryExpression(literal.parent) ? literal.parent : literal
  if (ts.isPropertyAssignment(value.parent) && value.parent.initializer === value) {
    const holder = holderOf(value.parent.parent)
    if (/^(\$?sort|sortBy|createIndex|key)$/.test(holder)) return 'direction'
    if (/^(\$project|projection)$/.test(holder)) return 'flag'
  }
  return 'number'
}

/** The property or method that an object literal is given to. */
function holderOf(object: ts.Node): string {
  const { parent } = object
  if (ts.isPropertyAssignment(parent)) return nameOf(parent.name) ?? ''
  if (ts.isCallExpression(parent) && ts.isPropertyAccessExpression(parent.expression))
    return parent.expression.name.text
  return ''
}

function isStatus(literal: ts.NumericLiteral): boolean {
  let node: ts.Node = literal
  while (
    ts.isParenthesizedExpression(node.parent) ||
    (ts.isConditionalExpression(node.parent) && node.parent.condition !== node)
  )
    node = node.parent
  const { parent } = node
  if (ts.isNewExpression(parent))
    return parent.arguments?.[0] === node && /(Problem|Error)$/.test(parent.expression.getText())
  if (ts.isPropertyAssignment(parent))
    return parent.name === node || /^status(Code)?$/.test(nameOf(parent.name) ?? '')
  if (ts.isBinaryExpression(parent)) return /\.status(Code)?$/.test(parent.left.getText())
  return (
    ts.isCallExpression(parent) &&
    parent.arguments[0] === node &&
    /\.throw$/.test(parent.expression.getText())
  )
}
