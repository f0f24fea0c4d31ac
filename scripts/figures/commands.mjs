import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { median, print, seconds, timed } from './measure.mjs'

const execute = promisify(execFile)

/** How long bep's short commands take against Node itself. */
export async function commands({ bep }) {
  const runs = { node: [], '--help': [], list: [] }
  for (let n = 0; n < 15; n++) {
    runs.node.push(await timed(() => execute(process.execPath, ['-e', '0'])))
    for (const command of ['--help', 'list'])
      runs[command].push(await timed(() => execute(process.execPath, [bep, command])))
  }
  print('node -e 0', seconds(median(runs.node)))
  for (const command of ['--help', 'list']) {
    const ratio = median(runs[command]) / median(runs.node)
    print(`bep ${command}, against node -e 0 (at most 1.8)`, `${ratio.toFixed(2)} times`)
  }
}
