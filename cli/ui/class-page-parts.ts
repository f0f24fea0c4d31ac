/** Colours of both schemes, the same names in each; print is always light. */
export const style = `
:root { color-scheme: light dark; --text: #111827; --dim: #4b5563; --line: #d1d5db; --ground: #ffffff; --soft: #f3f4f6; --bar: #2563eb; --bad: #b91c1c; --warn: #92400e; --good: #15803d }
@media (prefers-color-scheme: dark) { :root { --text: #f3f4f6; --dim: #9ca3af; --line: #4b5563; --ground: #111827; --soft: #1f2937; --bar: #60a5fa; --bad: #fca5a5; --warn: #fcd34d; --good: #86efac } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--ground) }
h1, h2 { line-height: 1.2 } .dim { color: var(--dim) }
svg { display: block; width: 100%; max-width: 40rem; height: auto } svg text { font: 13px system-ui, sans-serif; fill: var(--text) }
.bar, .box { fill: var(--bar) } .box { fill-opacity: .35; stroke: var(--bar) } .axis { stroke: var(--line) } .median { stroke: var(--text); stroke-width: 3 }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem } dt { color: var(--dim) } dd { margin: 0; font-size: 1.25rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% } caption { text-align: left; color: var(--dim) }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
th button { font: inherit; font-weight: bold; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit }
th button:focus-visible { outline: 2px solid var(--bar) } th[aria-sort=ascending] button::after { content: " ▲" } th[aria-sort=descending] button::after { content: " ▼" }
.graded { color: var(--good) } .ungradable { color: var(--bad) } .missing, .error { color: var(--warn) }
meter { width: 6rem } details { margin: .2rem 0 } code { background: var(--soft); overflow-wrap: anywhere }
@media print {
  :root { --text: #000; --dim: #333; --line: #999; --ground: #fff; --soft: #fff; --bar: #555; --bad: #000; --warn: #000; --good: #000 }
  body { max-width: none; margin: 0; font-size: 11px } section, tr, svg { break-inside: avoid } thead { display: table-header-group } .scroll { overflow: visible }
}
`

/** Sorts a table by the column whose heading is pressed; its cells say by which value. Without it all is still there. */
export const script = `
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0]
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent
  table.querySelectorAll('thead th').forEach((heading, column) => {
    heading.querySelector('button').addEventListener('click', () => {
      const up = heading.getAttribute('aria-sort') !== 'ascending'
      for (const other of table.querySelectorAll('thead th')) other.removeAttribute('aria-sort')
      heading.setAttribute('aria-sort', up ? 'ascending' : 'descending')
      const numeric = heading.classList.contains('number')
      const compare = (a, b) => {
        const [x, y] = [value(a, column), value(b, column)]
        if (x === '' || y === '') return x === y ? 0 : x === '' ? 1 : -1
        const order = numeric ? x - y : x.localeCompare(y, undefined, { numeric: true })
        return up ? order : -order
      }
      body.append(...[...body.rows].sort(compare))
    })
  })
}
`
