import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Measured, measure } from '../../../../cli/engine/coverage/measure.js'
import { openRecording } from '../../../../cli/engine/coverage/recording.js'
import { isCode, listSources } from '../../../../cli/engine/coverage/source-files.js'
import { makeHome } from '../../../fixtures/temporary-home.js'
import { packageRoot } from '../../bep.js'

const shapes = `/** A comment
 * of three lines.
 */
import { EOL } from 'node:os'
export interface Shape {
  readonly side: number
}

export function area(shape: Shape): number {
  if (shape.side < 0) {
    throw new Error(EOL)
  }

  return shape.side ** 2
}

export function never(n: number): number {
  const doubled = n * 2
  return doubled
}

export const sizes = (all: readonly Shape[]) => all.map(each => each.side)
`
/** The same as JavaScript, each statement on its line. */
const untyped = shapes
  .replace(/export interface[\s\S]*?\}/, '//\n//\n//')
  .replaceAll(/: (readonly )?(Shape|number)(\[\])?/g, '')
const use = "import { area, sizes } from './shapes.js'\n"
const called = 'sizes([{ side: area({ side: 2 }) }])'

let base: string
let root: string
beforeAll(async () => {
  base = await makeHome()
  root = path.join(await realpath(base), 'app')
  await mkdir(root)
  await symlink(path.join(packageRoot, 'node_modules'), path.join(root, 'node_modules'), 'junction')
  await writeFile(path.join(root, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rm(base, { recursive: true, force: true }))

let n = 0
/** Writes files into an emptied `src`, runs a command beside it, and measures. */
async function measured(
  command: string,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  whileRunning: (output: () => string, pid: number) => Promise<void> = async () => undefined,
): Promise<Measured> {
  await rm(path.join(root, 'src'), { recursive: true, force: true })
  await mkdir(path.join(root, 'src'))
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(root, 'src', name), text)
  n += 1
  const recording = await openRecording(path.join(base, `recording-${n}`), root)
  const child = spawn(command, {
    shell: true,
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...recording.env, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const ended = once(child, 'close')
  await whileRunning(() => output, child.pid ?? 0)
  const [code, signal] = await ended
  if (code !== 0 && !signal) throw new Error(`${command} ended with ${code}:\n${output}`)
  const sources = await listSources(root)
  return measure(recording, { root, dir: path.join(base, `work-${n}`), sources, counts: isCode })
}

const nodeTest = `import { test } from 'node:test'\n${use}test('all', () => { ${called} })\n`
const vitest = `import { test } from 'vitest'\n${use}test('all', () => { ${called} })\n`
const vitestRun = 'node node_modules/vitest/vitest.mjs run --root . --dir src'
/** Runs a module as Jest does: as the body of a function, in a context of its own. */
const likeJest = `import { readFileSync } from 'node:fs'
import vm from 'node:vm'
const file = new URL('./shapes.cjs', import.meta.url).pathname
const wrapped = '({"Object.<anonymous>":function(module,exports,require,__dirname,__filename,jest){' + readFileSync(file, 'utf8') + '\\n}});'
const module = { exports: {} }
const require = name => process.getBuiltinModule(name)
new vm.Script(wrapped, { filename: file }).runInContext(vm.createContext({}))['Object.<anonymous>'](module, module.exports, require)
const { area, sizes } = module.exports
${called}
`
const commonJs = `${untyped
  .replaceAll('export ', '')
  .replace("import { EOL } from 'node:os'", "const { EOL } = require('node:os')")}
module.exports = { area, sizes }
`

describe('each way of running a file gives the same lines', () => {
  test.each<[string, string, Record<string, string>]>([
    ['node:test', 'node --test src/app.test.js', { 'shapes.js': untyped, 'app.test.js': nodeTest }],
    [
      'node:test through tsx',
      'node --import tsx --test src/app.test.ts',
      { 'shapes.ts': shapes, 'app.test.ts': nodeTest },
    ],
    ['Vitest in processes', vitestRun, { 'shapes.ts': shapes, 'app.test.ts': vitest }],
    ['Vitest in threads', `${vitestRun} --pool threads`, { 'shapes.ts': shapes, 'app.test.ts': vitest }],
  ])('%s', async (_, command, files) => {
    const { files: found, ran, notices } = await measured(command, files)
    expect(notices).toEqual([])
    expect(ran).toBe(true)
    const [file, ...others] = found
    expect(others).toEqual([])
    expect(file).toMatchObject({ lines: { reached: 3, total: 6 }, unreached: ['11', '18-19'] })
    expect(file?.functions).toEqual({ reached: 3, total: 4 })
    expect(file?.branches.reached).toBeLessThan(file?.branches.total ?? 0)
  })

  test('a function around the module, as Jest writes it', async () => {
    const files = { 'shapes.cjs': commonJs, 'jest.test.mjs': likeJest }
    const { files: found, notices } = await measured('node src/jest.test.mjs', files)
    expect(notices).toEqual([])
    expect(found).toMatchObject([{ lines: { reached: 5, total: 8 }, unreached: ['11', '18-19'] }])
  })
})

test('what one file ran as TypeScript in one process and bundled in another comes together', async () => {
  const spawning = `import { execFileSync } from 'node:child_process'
import { test } from 'vitest'
${use}test('all', () => {
  ${called}
  execFileSync('node', ['--import', 'tsx', 'src/main.ts'])
})
`
  const main = "import { never } from './shapes.js'\nnever(1)\n"
  const files = { 'shapes.ts': shapes, 'app.test.ts': spawning, 'main.ts': main }
  const { files: found, notices } = await measured(vitestRun, files)
  expect(notices).toEqual([])
  expect(found.map(({ file, unreached }) => [file, unreached])).toEqual([
    ['src/main.ts', []],
    ['src/shapes.ts', ['11']],
  ])
})

test('a file that nothing loads counts with all of its lines and functions', async () => {
  const files = { 'shapes.ts': shapes, 'app.test.js': 'export {}\n', 'types.ts': 'export type Id = string\n' }
  const { files: found, totals, ran } = await measured('node src/app.test.js', files)
  expect(ran).toBe(false)
  expect(found).toMatchObject([{ file: 'src/shapes.ts', unreached: ['10-22'] }])
  expect(totals).toMatchObject({ lines: { reached: 0, total: 6 }, functions: { reached: 0, total: 4 } })
})

const waiting = "console.log('ready'); setInterval(() => undefined, 1000)\nexport const unused = () => 1\n"
const endedBy = (name: NodeJS.Signals) => async (output: () => string, pid: number) => {
  await expect.poll(output, { timeout: 20_000 }).toContain('ready')
  process.kill(pid, name)
}

test('a process that SIGTERM ends, for want of a handler, has written what it ran', async () => {
  const { files, notices } = await measured(
    'exec node src/app.js',
    { 'app.js': waiting },
    {},
    endedBy('SIGTERM'),
  )
  expect(notices).toEqual([])
  expect(files).toMatchObject([{ file: 'src/app.js', lines: { reached: 2, total: 2 } }])
})

test('a process that was killed is missing, and that is said', async () => {
  const { files, notices } = await measured(
    'exec node src/app.js',
    { 'app.js': waiting },
    {},
    endedBy('SIGKILL'),
  )
  expect(notices).toEqual([expect.stringMatching(/^1 Node\.js process was killed before writing/)])
  expect(files).toMatchObject([{ file: 'src/app.js', lines: { reached: 0, total: 2 } }])
})

test('a command that measures itself is named as the reason', async () => {
  const own = path.join(base, 'own')
  const { ran, notices } = await measured(`NODE_V8_COVERAGE=${own} node src/app.js`, {
    'app.js': 'export {}\n',
  })
  expect(ran).toBe(false)
  expect(notices).toEqual([expect.stringContaining('the command measures coverage itself')])
})

test('a text that no way leads back from is said rather than guessed', async () => {
  const files = { 'shapes.cjs': commonJs, 'jest.test.mjs': likeJest }
  const { notices } = await measured('node src/jest.test.mjs', files, { NODE_OPTIONS: '' })
  expect(notices).toEqual([expect.stringMatching(/^src\/shapes\.cjs ran in a form without a source map/)])
})

test('the HTML report has a page for each file', async () => {
  const { writeHtml } = await measured('node --import tsx --test src/app.test.ts', {
    'shapes.ts': shapes,
    'app.test.ts': nodeTest,
    'main.ts': 'console.log(1)\n',
  })
  const index = await writeHtml(path.join(base, 'html'))
  expect(await readFile(index, 'utf8')).toMatch(/shapes\.ts[\s\S]*>3\/6</)
  expect(await readFile(path.join(base, 'html', 'shapes.ts.html'), 'utf8')).toContain('doubled')
})
