import { parse } from 'csv-parse/sync'
import { JSDOM } from 'jsdom'
import MarkdownIt from 'markdown-it'
import { describe, expect, test } from 'vitest'
import { classStatistics } from '../../../cli/engine/batch/class-statistics.js'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import { markClass } from '../../../cli/engine/batch/mark.js'
import { studentResult } from '../../../cli/engine/batch/student-result.js'
import { jsonText } from '../../../cli/engine/json-text.js'
import { batchAnnotations, batchMarkdown } from '../../../cli/ui/batch-github.js'
import { batchJunit } from '../../../cli/ui/batch-junit.js'
import { classReport } from '../../../cli/ui/class-report.js'
import { feedback } from '../../../cli/ui/feedback.js'
import { gradebookCsv, rowsCsv } from '../../../cli/ui/gradebook.js'
import { gradescopeResults } from '../../../cli/ui/gradescope.js'
import {
  checkOf,
  failedRow,
  plainSettings,
  recordOf,
  resultsOf,
  rowOf,
  unjudged,
} from '../engine/batch/records.js'
import { parseXml } from '../xml.js'

/** Texts that a submission may say, or that may stand where its name does. */
const hostile = {
  'terminal escape': 'a\u001b[2J\u001b]0;title\u0007\u001b[31mred',
  'control of eight bits': 'a\u009b31mred\u0085b\u007f',
  'carriage return': 'all is well\rforged',
  'null and other characters that XML forbids': 'a\u0000b\u000bc\u001f\ufffe\uffff\ud800',
  'text direction': 'abc\u202egnp.exe\u2066x',
  'workflow command': '::set-output name=x::y\n::error::forged\n  ::stop-commands::z',
  'command of other systems': '##[error]forged\n##vso[task.complete]',
  formula: "=cmd|' /C calc'!A0",
  'formula in another cell': 'x";=HYPERLINK("http://evil.example","y")\n@SUM(A1)\t+1',
  'formula in full width': '＝1＋1',
  script: '<script>window.hit = 1</script><img src=x onerror="window.hit = 1">',
  'end of an attribute': "\"><svg onload='window.hit = 1'>",
  'end of an element': '</td></tr></table></code></script><script>window.hit = 1</script>',
  'markup of XML': ']]></failure></testcase><testcase name="forged"/><!-- &amp; &bogus;',
  'markdown link and image':
    '[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>',
  'bare address and mention': 'http://evil.example www.evil.example ada@evil.example @ada #1',
  'end of a fence': '```\n# Forged\n![x](http://evil.example/x.png)\n````\n~~~\n<b>x</b>',
  'end of a code span': '` <img src=x onerror=alert(1)> ``` x',
  'markdown blocks': 'x\n\n# Forged\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n---\n1. list',
  'cell of a table': 'a | b \\| c \\',
}

function recordsWith(text: string): GradeRecord[] {
  const student = (name: string) => ({
    id: text,
    name,
    sisUserId: text,
    sisLoginId: text,
    section: text,
    email: text,
  })
  const problem = { code: text, message: text, fix: text }
  const failure = {
    ...{ message: text, expected: text, got: text, logs: [text, text] },
    exchange: {
      curl: text,
      status: 500,
      headers: { 'content-type': text, location: text, allow: text },
      body: text,
    },
    statements: [
      { sql: text, params: [text, null], tag: text },
      { sql: text, params: [], error: text },
    ],
    commands: [{ service: 'redis' as const, command: text, args: [text], reply: text }],
  }
  const unanswered = { message: text, logs: [], exchange: { curl: text, failure: text } }
  const rows = [
    rowOf(),
    failedRow({ failure }),
    failedRow({ failure: unanswered }),
    rowOf({ verdict: 'notRun', earned: 0, checks: [checkOf({ verdict: 'notRun', reason: text })] }),
  ]
  const common = { source: text, leftOut: [{ file: text, why: text }] }
  return [
    recordOf('a', {
      ...common,
      student: student(text),
      results: resultsOf(rows, { problem, workspace: text }),
    }),
    unjudged('b', 'ungradable', { ...common, student: student(text), problem }),
    unjudged('c', 'missing', { ...common, student: student(text) }),
    unjudged('d', 'error', { ...common, student: student(text), problem }),
    recordOf('e', {
      student: student(text),
      results: resultsOf([rowOf({ verdict: 'error', checks: [checkOf({ verdict: 'error', failure })] })]),
    }),
  ]
}

/** Every file that is written about a batch, and what is printed for GitHub, by name. */
function outputsWith(text: string): Record<string, string> {
  const marked = markClass(recordsWith(text), plainSettings)
  const statistics = classStatistics(marked)
  const madeAt = new Date(0)
  const students = marked.entries.flatMap(entry => {
    const result = studentResult(entry, { disclosure: 'full' })
    const gradescope = gradescopeResults(result, entry.mark)
    const { submission } = entry.record
    return [
      [`${submission}/feedback.md`, feedback(result)],
      [`${submission}/results.json`, jsonText(result)],
      ...(gradescope ? [[`${submission}/gradescope.json`, jsonText(gradescope)]] : []),
    ]
  })
  return {
    'gradebook.csv': gradebookCsv(marked, plainSettings),
    'rows.csv': rowsCsv(marked),
    'junit.xml': batchJunit(marked),
    'report.html': classReport({ title: text, marked, statistics, madeAt, notices: [text] }),
    'annotations.txt': batchAnnotations(marked),
    'summary.md': batchMarkdown(marked),
    ...Object.fromEntries(students),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const markdown = new MarkdownIt({ html: true, linkify: true })

/** What a reader of such a file makes of it, without the texts. */
const structures: Record<string, (text: string) => unknown> = {
  csv: text => parse(text).map((cells: string[]) => cells.length),
  xml: text => parseXml(text).map(({ name, attributes }) => [name, Object.keys(attributes)]),
  html(text) {
    const { window } = new JSDOM(text, { runScripts: 'dangerously' })
    expect(window.hit).toBeUndefined()
    return [...window.document.querySelectorAll('*')].map(element => [
      element.tagName,
      element.getAttributeNames(),
    ])
  },
  md: text =>
    markdown
      .parse(text, {})
      .flatMap(({ type, children }) => [type, ...(children ?? []).map(child => child.type)]),
  json: text => keysOf(JSON.parse(text)),
  txt: text =>
    text.split('\n').map(line => /^::(?:error|notice) title=[^:,]*::/.exec(line)?.[0].split(' ')[0]),
}

function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(keysOf)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.entries(value).map(([key, one]) => [key, keysOf(one)])
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

const structureOf = (name: string, text: string) => structures[name.split('.').at(-1) ?? '']?.(text)
const harmless = outputsWith('harmless')

describe.each(Object.entries(hostile))('%s', (_, text) => {
  const outputs = outputsWith(text)

  test.each(Object.keys(harmless))('is only text in %s', name => {
    const output = outputs[name] ?? ''
    expect(structureOf(name, output)).toEqual(structureOf(name, harmless[name] ?? ''))
    expect(output).not.toMatch(control)
    if (name !== 'annotations.txt') expect(output).not.toMatch(/^\s*::/m)
    expect(output).not.toMatch(/##(?:\[|vso)/)
  })

  test('is plain in what Gradescope shows', () => {
    for (const value of stringsIn(JSON.parse(outputs['a/gradescope.json'] ?? '')))
      expect(value).not.toMatch(control)
  })

  test.each(['gradebook.csv', 'rows.csv'])('is no formula in %s', name => {
    for (const cell of parse(outputs[name] ?? '').flat())
      expect(cell).not.toMatch(/(?:^|[;\t\r\n|])[\s"']*(?<!')[=+\-@＝＋－＠]/)
  })
})

test('Markdown for students has no link, image or HTML at all', () => {
  for (const text of Object.values(hostile)) {
    const types = structures.md?.(outputsWith(text)['a/feedback.md'] ?? '')
    expect(types).toContain('fence')
    for (const type of ['link_open', 'image', 'html_inline', 'html_block']) expect(types).not.toContain(type)
  }
})
