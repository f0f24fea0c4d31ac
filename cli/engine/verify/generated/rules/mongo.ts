import ts from 'typescript'
import { roleOf } from './numbers.js'
import { type Edit, methodOf, nameOf, type Rule, removeFromList, replace } from './rule.js'

const operators: Readonly<Record<string, string>> = {
  $gt: '$gte',
  $gte: '$gt',
  $lt: '$lte',
  $lte: '$lt',
  $eq: '$ne',
  $ne: '$eq',
  $in: '$nin',
  $nin: '$in',
  $and: '$or',
  $or: '$and',
  $inc: '$set',
  $push: '$addToSet',
  $addToSet: '$push',
  $max: '$min',
  $min: '$max',
  $sum: '$avg',
  $avg: '$sum',
  $topN: '$bottomN',
  $bottomN: '$topN',
}

const filtering =
  /^(countDocuments|deleteMany|deleteOne|find|findOne|findOneAndDelete|findOneAndUpdate|updateMany|updateOne)$/

/** Stages and conditions are left out, operators and directions turned over. */
export const mongo: Rule = (node, source) => {
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.length > 1
      ? node.elements.filter(isStage).map(stage => removeFromList(node.elements, stage, source))
      : []
  }
  if (ts.isPropertyAssignment(node)) {
    const to = operators[nameOf(node.name) ?? '']
    return to === undefined ? [] : [replace(node.name, source, to)]
  }
  if (ts.isCallExpression(node)) return filterEdits(node, source)
  if (!ts.isNumericLiteral(node)) return []
  const role = roleOf(node)
  if (role === 'flag') return [replace(node, source, node.text === '0' ? '1' : '0')]
  if (role !== 'direction') return []
  return ts.isPrefixUnaryExpression(node.parent)
    ? [replace(node.parent, source, node.text)]
    : [replace(node, source, `-${node.text}`)]
}

function isStage(node: ts.Expression): boolean {
  const [property] = ts.isObjectLiteralExpression(node) ? node.properties : []
  return property?.name !== undefined && (nameOf(property.name) ?? '').startsWith('$')
}

/** `find({ a, b })` without `a`, and without `b`. */
function filterEdits(node: ts.CallExpression, source: ts.SourceFile): readonly Edit[] {
  const [filter] = node.arguments
  if (!filtering.test(methodOf(node) ?? '') || !filter || !ts.isObjectLiteralExpression(filter)) return []
  const { properties } = filter
  return properties.length > 1 ? properties.map(property => removeFromList(properties, property, source)) : []
}
