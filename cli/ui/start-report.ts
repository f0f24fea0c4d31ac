import path from 'node:path'
import { BepError, messageOf } from '../../fixtures/bep-error.js'
import type { CliContext } from '../context.js'
import type { DevServerEvent } from '../engine/dev-server.js'
import type { Workspace } from '../engine/workspace.js'
import { openStatusLine } from './status-line.js'
import { printable } from './terminal-text.js'

interface Ready {
  readonly workspace?: Workspace
  readonly url?: string
  readonly referenceUrl?: string | undefined
  /** Of each service, around its tap. */
  readonly serviceUrls: Readonly<Record<string, string>>
}

/** What `bep start` prints, from the first step to the last. */
export interface StartReport {
  busy(text: string): void
  done(text: string): void
  notice(line: string): void
  services(origins: Readonly<Record<string, string>>): void
  server(event: DevServerEvent, url: string): void
  ready(ready: Ready): void
  stopped(): void
  /** Why the server's last start failed. */
  readonly startFailure: unknown
}

export function openStartReport(context: CliContext, json: boolean): StartReport {
  const { out, note, colors, cwd } = context
  const { bold, cyan, dim, green, red } = colors
  const status = openStatusLine(context)
  let startFailure: unknown
  let announced = false
  const line = (text: string) => {
    status.clear()
    if (!json) out(`${text}\n`)
  }
  const done = (text: string) => line(`${green('✓')} ${text}`)
  return {
    done,
    get startFailure() {
      return startFailure
    },
    busy: text => status.set(printable(text)),
    notice: text => {
      status.clear()
      note(`${dim(text)}\n`)
    },
    services: origins => {
      for (const [name, origin] of Object.entries(origins)) done(`${name} ${dim(origin)}`)
    },
    server(event, url) {
      if (event.kind === 'line') line(`${dim('│')} ${printable(event.line)}`)
      else if (event.kind === 'exited')
        line(`${red('✗')} your server ${event.reason}; it starts again when you save a file`)
      else if (event.kind === 'failed') {
        startFailure = event.error
        if (!context.interactive && !announced) return
        const fix =
          event.error instanceof BepError && event.error.fix !== undefined
            ? `\n  ${bold('Fix:')} ${event.error.fix}`
            : ''
        line(
          `${red('✗')} ${printable(messageOf(event.error))}${fix}\n  It starts again when you save a file.`,
        )
      } else if (announced) {
        done(
          `your server was started again${event.because === undefined ? '' : ` (${event.because} changed)`}, ${Math.round(event.tookMs)} ms ${dim(url)}`,
        )
      }
    },
    ready({ workspace, url, referenceUrl, serviceUrls }) {
      announced = true
      status.clear()
      if (json) {
        out(
          `${JSON.stringify({ workspace: workspace?.dir, app: url, reference: referenceUrl, services: serviceUrls })}\n`,
        )
        return
      }
      const place = workspace === undefined ? '' : path.relative(cwd, workspace.dir)
      out('\n')
      if (url !== undefined) out(`  ${bold('your server')}  ${cyan(url)}  ${dim('starts again on save')}\n`)
      if (referenceUrl !== undefined)
        out(`  ${bold('reference')}    ${cyan(referenceUrl)}  ${dim('a right answer, to compare with')}\n`)
      for (const [name, serviceUrl] of Object.entries(serviceUrls))
        out(`  ${bold(name.padEnd(11))}  ${dim(serviceUrl)}\n`)
      out('\n')
      if (workspace !== undefined) {
        out(
          `Next: read ${path.join(place, 'BRIEF.md')}, then in another terminal:\n\n  ${place === '' ? '' : `cd ${place} && `}npx bep watch\n\n`,
        )
      }
      out(`${dim('Ctrl-C stops everything; your data is kept.')}\n`)
    },
    stopped: () => {
      status.clear()
      line(dim('stopped; nothing is left running'))
    },
  }
}
