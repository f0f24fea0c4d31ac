interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+(?:\.\d+)?)?(?:\s+#.*)?$/
const label = /([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"\s*,?\s*/g

/**
 * The samples of an answer in Prometheus's text format, which OpenMetrics shares.
 * @throws Error that names the line which is no sample.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readPrometheus(text: string): readonly Sample[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, name = '', labels = '', value = ''] = sampleLine.exec(line) ?? []
      if (name === '' || Number.isNaN(numberOf(value))) {
        throw new Error(`the metrics have a line that is no sample: "${line}"`)
      }
      return { name, labels: labelsOf(labels), value: numberOf(value) }
    })
}

const labelsOf = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(label)].map(([, name = '', value = '']) => [name, value.replaceAll(/\\(.)/g, '$1')]),
  )

/** NaN, which a gauge may be, does not count as a number here. */
const numberOf = (text: string) => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text))
