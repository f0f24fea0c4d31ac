import type { Bin, Spread } from '../engine/batch/class-statistics.js'

const WIDTH = 640
const MARGIN = 16

/** A bar for each bin, with its count above it. */
export function histogramPlot(bins: readonly Bin[]): string {
  const height = 200
  const floor = height - 28
  const most = Math.max(1, ...bins.map(({ count }) => count))
  const step = (WIDTH - 2 * MARGIN) / bins.length
  const bars = bins.map(({ from, count }, index) => {
    const [x, size] = [MARGIN + index * step, (count / most) * (floor - 24)]
    const middle = (x + step / 2).toFixed(1)
    const shown =
      count > 0
        ? `<text x="${middle}" y="${(floor - size - 6).toFixed(1)}" text-anchor="middle">${count}</text>`
        : ''
    return `<rect class="bar" x="${(x + 2).toFixed(1)}" y="${(floor - size).toFixed(1)}" width="${(step - 4).toFixed(1)}" height="${size.toFixed(1)}"/>${shown}<text x="${x.toFixed(1)}" y="${height - 8}" text-anchor="middle">${short(from)}</text>`
  })
  const end = `<text x="${WIDTH - MARGIN}" y="${height - 8}" text-anchor="middle">${short(bins.at(-1)?.to ?? 0)}</text>`
  const told = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => `${short(from)} to ${short(to)}: ${count}`)
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Marks and how many have them. ${told.join('; ')}">
<line class="axis" x1="${MARGIN}" y1="${floor}" x2="${WIDTH - MARGIN}" y2="${floor}"/>${bars.join('')}${end}
</svg>`
}

/** Least, quartiles and most on the scale of the histogram above it. */
export function boxPlot(
  { least, lowerQuartile, median, upperQuartile, most }: Spread,
  outOf: number,
): string {
  const x = (value: number) => (MARGIN + (Math.min(value, outOf) / outOf) * (WIDTH - 2 * MARGIN)).toFixed(1)
  const width = Math.max(1, Number(x(upperQuartile)) - Number(x(lowerQuartile))).toFixed(1)
  const told = `least ${short(least)}, lower quartile ${short(lowerQuartile)}, median ${short(median)}, upper quartile ${short(upperQuartile)}, most ${short(most)}`
  return `<svg viewBox="0 0 ${WIDTH} 40" role="img" aria-label="Spread of the marks: ${told}">
<line class="axis" x1="${x(least)}" y1="20" x2="${x(most)}" y2="20"/>
<line class="axis" x1="${x(least)}" y1="12" x2="${x(least)}" y2="28"/><line class="axis" x1="${x(most)}" y1="12" x2="${x(most)}" y2="28"/>
<rect class="box" x="${x(lowerQuartile)}" y="8" width="${width}" height="24"/>
<line class="median" x1="${x(median)}" y1="8" x2="${x(median)}" y2="32"/>
</svg>`
}

/** A number with at most one place. */
export const short = (value: number): string => String(Number(value.toFixed(1)))
