import ts from 'typescript'
import type { MutationRule } from '../../../../graders/kit/excuse.js'
import { boundary, status } from './rules/boundaries.js'
import { awaited, call } from './rules/calls.js'
import { condition, logic } from './rules/conditions.js'
import { mongo } from './rules/mongo.js'
import { redis } from './rules/redis.js'
import type { Edit, Rule } from './rules/rule.js'
import { sql } from './rules/sql.js'

const rules: Readonly<Record<MutationRule, Rule>> = {
  condition,
  logic,
  boundary,
  status,
  await: awaited,
  call,
  sql,
  mongo,
  redis,
}

/** One change of one file of a reference, made by rule. */
export interface Mutation {
  /** `feed.ts:41:boundary:1`: the first of the rule on this line. */
  readonly id: string
  /** Path inside the reference's folder. */
  readonly file: string
  /** Number of the line, from 1. */
  readonly line: number
  /** The line's text without the spaces around it, and which of the lines with this text it is, from 1. */
  readonly lineText: string
  readonly nth: number
  readonly rule: MutationRule
  /** What stood there, and what stands there now, each on one line. */
  readonly from: string
  readonly to: string
  /** The whole file with the change made. */
  readonly text: string
}

/** All changes of a file, in the order of their places; no two give the same text. */
export function mutationsOf(file: string, text: string): readonly Mutation[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: (Edit & { readonly rule: MutationRule })[] = []
  const visit = (node: ts.Node): void => {
    if (isWithoutCode(node)) return
    for (const [rule, edits] of Object.entries(rules) as [MutationRule, Rule][])
      found.push(...edits(node, source).map(edit => ({ ...edit, rule })))
    ts.forEachChild(node, visit)
  }
  visit(source)
  const lines = text.split('\n').map(line => line.trim())
  const texts = new Set([text])
  const counts = new Map<string, number>()
  return found
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .flatMap(edit => {
      const mutated = text.slice(0, edit.start) + edit.to + text.slice(edit.end)
      if (texts.has(mutated)) return []
      texts.add(mutated)
      const at = source.getLineAndCharacterOfPosition(firstCharacter(text, edit)).line
      const lineText = lines[at] ?? ''
      const place = `${file}:${at + 1}:${edit.rule}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
      return [
        {
          id: `${place}:${counts.get(place)}`,
          file,
          line: at + 1,
          lineText,
          nth: lines.slice(0, at + 1).filter(line => line === lineText).length,
          rule: edit.rule,
          from: onOneLine(text.slice(edit.start, edit.end)),
          to: onOneLine(edit.shown ?? edit.to),
          text: mutated,
        },
      ]
    })
}

const isWithoutCode = (node: ts.Node) =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node)

/** A call in a chain begins on a line of its own, behind the break. */
function firstCharacter(text: string, { start, end }: Edit): number {
  const blank = /^\s*/.exec(text.slice(start, end))?.[0].length ?? 0
  return start + (start + blank < end ? blank : 0)
}

const onOneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
