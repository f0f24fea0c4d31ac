import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { packageRoot, runBep } from './cli/bep.js'
import { temporaryHome } from './fixtures/temporary-home.js'

const deploy = path.join(packageRoot, 'deploy')
const dir = path.join(deploy, 'kubernetes')

const labels = z.record(z.string(), z.string())
const container = z.looseObject({
  name: z.string(),
  image: z.string().regex(/^[^:]+:[^:]+$/, 'an image with a tag'),
  args: z.array(z.string()).default([]),
  env: z.array(z.looseObject({ name: z.string() })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })).default([]),
  resources: z.object({
    requests: z.looseObject({ cpu: z.string(), memory: z.string() }),
    limits: z.looseObject({ memory: z.string() }),
  }),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
})
const pod = z.looseObject({
  automountServiceAccountToken: z.literal(false),
  serviceAccountName: z.string().optional(),
  terminationGracePeriodSeconds: z.int().optional(),
  securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.int().min(1) }),
  containers: z.array(container).min(1),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
})
const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.looseObject({}).optional(),
})
type Manifest = z.infer<typeof manifest>

/** What the API server would say of a kind that it does not have in that version. */
const versions: Readonly<Record<string, string>> = {
  Namespace: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  ScaledObject: 'keda.sh/v1alpha1',
  TriggerAuthentication: 'keda.sh/v1alpha1',
}

const all: readonly Manifest[] = readdirSync(dir).flatMap(file =>
  parseAllDocuments(readFileSync(path.join(dir, file), 'utf8')).map(document => {
    expect(document.errors, file).toEqual([])
    return manifest.parse(document.toJS())
  }),
)
const workloads = all
  .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  .map(({ kind, metadata: { name }, spec }) => ({
    kind,
    name,
    ...z
      .object({
        selector: z.object({ matchLabels: labels }),
        template: z.object({ metadata: z.object({ labels }), spec: pod }),
        volumeClaimTemplates: z
          .array(z.looseObject({ metadata: z.object({ name: z.string() }) }))
          .default([]),
      })
      .parse(spec),
  }))
const podLabels = workloads.map(({ template }) => template.metadata.labels)
const selectsSome = (wanted: Readonly<Record<string, string>>) =>
  podLabels.some(own => Object.entries(wanted).every(([name, value]) => own[name] === value))

test('each document is of a kind and version that there is, in the namespace', () => {
  expect(all.length).toBeGreaterThan(8)
  for (const { apiVersion, kind, metadata } of all) {
    expect(apiVersion, kind).toBe(versions[kind])
    if (kind !== 'Namespace') expect(metadata.namespace, metadata.name).toBe('bep')
  }
  const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(workloads.map(workload => [workload.name, workload] as const))('%s', (_, workload) => {
  const { selector, template, volumeClaimTemplates } = workload
  test('selects its own pods, and mounts what there is', () => {
    expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    const volumes = [
      ...template.spec.volumes.map(({ name }) => name),
      ...volumeClaimTemplates.map(({ metadata }) => metadata.name),
    ]
    for (const { volumeMounts } of template.spec.containers)
      expect(volumes.toSorted()).toEqual(volumeMounts.map(({ name }) => name).toSorted())
  })

  test('takes passwords from the secret alone', () => {
    for (const { env } of template.spec.containers)
      for (const { name, ...from } of env)
        expect(from, name).toMatchObject({ valueFrom: { secretKeyRef: { name: 'bep-queue' } } })
    for (const { args } of template.spec.containers)
      expect(args.join(' ')).not.toMatch(/redis:\/\/|requirepass [^%]/)
  })
})

test('the worker is started with options that it has, must be isolated, and gets the time that it asks for', async () => {
  const home = await temporaryHome()
  const help = (await runBep(['worker', '--help'], { home, cwd: home })).stdout
  const worker = workloads.find(({ name }) => name === 'bep-worker')
  const [{ args = [], ports = [] } = {}] = worker?.template.spec.containers ?? []
  const options = args.filter(arg => arg.startsWith('--'))
  expect(options.length).toBeGreaterThan(3)
  for (const option of options) expect(help).toMatch(new RegExp(`^ +${option} <`, 'm'))
  const value = (option: string) => args[args.indexOf(option) + 1]
  expect(value('--require')).toBe('sandbox')
  expect(Number(value('--metrics-port'))).toBe(ports[0]?.containerPort)
  // Giving back takes up to twenty seconds more.
  expect(worker?.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
    Number(value('--grace')) + 20,
  )
})

test('what others are chosen by exists: services, budgets, policies, scaling', () => {
  const choosing = all.flatMap(({ kind, spec }) => {
    if (kind === 'Service') return [labels.parse(spec?.selector)]
    if (kind === 'PodDisruptionBudget')
      return [z.object({ matchLabels: labels }).parse(spec?.selector).matchLabels]
    if (kind !== 'NetworkPolicy') return []
    const { matchLabels } = z.object({ matchLabels: labels.optional() }).parse(spec?.podSelector)
    return matchLabels ? [matchLabels] : []
  })
  expect(choosing.length).toBe(4)
  for (const wanted of choosing) expect(selectsSome(wanted), JSON.stringify(wanted)).toBe(true)
  const scaled = all.find(({ kind }) => kind === 'ScaledObject')
  const target = z.object({ scaleTargetRef: z.object({ name: z.string() }) }).parse(scaled?.spec)
    .scaleTargetRef.name
  expect(workloads).toContainEqual(expect.objectContaining({ kind: 'Deployment', name: target }))
  const accounts = all.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name)
  for (const { template } of workloads)
    if (template.spec.serviceAccountName) expect(accounts).toContain(template.spec.serviceAccountName)
})

test('everything is refused that no policy allows', () => {
  const policies = all.filter(({ kind }) => kind === 'NetworkPolicy')
  expect(policies.map(({ spec }) => spec)).toContainEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  })
})

test('the image runs as the account of the manifest, and starts what the package has', () => {
  const text = readFileSync(path.join(deploy, 'worker.Dockerfile'), 'utf8')
  const user = workloads.find(({ name }) => name === 'bep-worker')?.template.spec.securityContext.runAsUser
  expect(text).toMatch(new RegExp(`^USER ${user}$`, 'm'))
  expect(text).toMatch(new RegExp(`useradd --uid ${user} `))
  const [, entry = '[]'] = /^ENTRYPOINT (.+)$/m.exec(text) ?? []
  expect(JSON.parse(entry)).toEqual(['tini', '--', 'node', '/opt/bep/bin/bep.js', 'worker'])
})
