// Loaded into every Node.js process under a recording, before its own code. Node writes V8's counts when a
// process exits; this adds what Node leaves out. It must never break the process that it is in.
import fs = require('node:fs')
import inspector = require('node:inspector')
import path = require('node:path')
import v8 = require('node:v8')
import threads = require('node:worker_threads')

const { BEP_COVERAGE_DIR: dir, BEP_COVERAGE_ROOT: root, NODE_V8_COVERAGE: own } = process.env
// Tests may replace the functions of the module.
const { writeFileSync } = fs

if (dir !== undefined && root !== undefined) {
  const write = (name: string, text: string) => {
    try {
      writeFileSync(path.join(dir, name), text)
    } catch {
      // bep says that it is missing.
    }
  }
  if (threads.isMainThread) {
    process.on('SIGTERM', writeCounts)
    writeCountsOfVitest()
  }
  const kind = own === dir ? 'source' : 'elsewhere'
  recordSources(root, (script, source) =>
    write(`${kind}-${process.pid}-${threads.threadId}-${script}`, source),
  )
}

/** What has been counted so far is safe, also where the process is killed or never exits by itself. */
function writeCounts(): void {
  v8.takeCoverage()
  if (process.listenerCount('SIGTERM') > 1) return
  // Nobody else listens: it ends as it would have without this.
  process.removeListener('SIGTERM', writeCounts)
  process.kill(process.pid, 'SIGTERM')
}

/**
 * Vitest kills a worker half a second after SIGTERM, which a busy machine needs for less than this. It waits
 * for the worker's word, though, that it has stopped.
 */
function writeCountsOfVitest(): void {
  const send = process.send?.bind(process) as ((...sent: unknown[]) => boolean) | undefined
  if (!send) return
  process.send = (...sent: unknown[]) => {
    const message = Object(sent[0]) as { type?: unknown; __vitest_worker_response__?: unknown }
    if (message.__vitest_worker_response__ && message.type === 'stopped') v8.takeCoverage()
    return send(...sent)
  }
}

/** Test runners transform modules in memory: only V8 knows the text that the counts belong to. */
function recordSources(prefix: string, onSource: (scriptId: string, source: string) => void): void {
  const session = new inspector.Session()
  try {
    session.connect()
  } catch {
    // The thread of Node's module hooks has no inspector; it runs no code of the learner's.
    return
  }
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
    if (!url.startsWith(prefix) || url.includes('/node_modules/')) return
    session.post('Debugger.getScriptSource', { scriptId }, (error, found) => {
      if (!error) onSource(scriptId, found.scriptSource)
    })
  })
  session.post('Debugger.enable')
  session.post('Debugger.setSkipAllPauses', { skip: true })
}
