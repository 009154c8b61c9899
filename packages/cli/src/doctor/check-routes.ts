import { hostOf, routesOf } from '../project/routes.ts'
import { type Finding, listed, reporterFor } from './finding.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('routes')

/** Is the gateway reached where it believes to be, and are services reached through it alone? */
export function checkRoutes(system: System): readonly Finding[] {
  return [...routeFindings(system), ...system.services.flatMap((service) => publicFindings(system, service))]
}

/** How the gateway is reached. */
function routeFindings(system: System): readonly Finding[] {
  const { gateway, isLocal, reading } = system
  if (isLocal) return []
  const hosts = routesOf(gateway.config).map(hostOf)
  const place = placeOf(system, gateway)
  const isOnWorkersDev = gateway.config.workers_dev ?? hosts.length === 0
  if (hosts.length === 0) {
    return isOnWorkersDev
      ? []
      : [
          report.warn(
            'gateway-route',
            `the gateway has neither "routes" nor "workers_dev" (${place}): nobody reaches it`,
            `"routes": [{ "pattern": "app.example.com", "custom_domain": true }] in ${place}`,
          ),
        ]
  }
  const base =
    reading.ok && reading.config.baseUrl !== undefined ? new URL(reading.config.baseUrl).hostname : undefined
  if (
    base === undefined ||
    hosts.some((host) => host === base || (host.startsWith('*') && base.endsWith(host.slice(1))))
  ) {
    return [report.ok('gateway-route', `the gateway is at ${listed(hosts)}`)]
  }
  return [
    report.fail(
      'gateway-route',
      `BASE_URL (${place}) is at ${base}, and "routes" there are at ${listed(hosts)}: logins come back to another host`,
      `"BASE_URL": "https://${hosts[0] ?? ''}" in ${place}`,
    ),
  ]
}

/** A service is for the gateway alone: on workers.dev anybody reaches it. */
function publicFindings(system: System, service: WorkerView): readonly Finding[] {
  const { workers_dev: isPublic, preview_urls: hasPreviews } = service.config
  const hasRoutes = routesOf(service.config).length > 0
  const seen = isPublic ?? !hasRoutes
  const findings: Finding[] = []
  if (seen) {
    const what = isPublic === undefined ? 'is unset, and so true' : 'is true'
    findings.push(
      report.fail(
        'service-public',
        `workers_dev of ${service.folder.name} (${service.file}) ${what}: anybody reaches it past the gateway`,
        `"workers_dev": false in ${service.file}`,
      ),
    )
  }
  if (hasPreviews === true) {
    findings.push(
      report.fail(
        'service-public',
        `preview_urls of ${service.folder.name} (${service.file}) is true: anybody reaches each version past the gateway`,
        `"preview_urls": false in ${service.file}`,
      ),
    )
  }
  if (hasRoutes) {
    findings.push(
      report.warn(
        'service-public',
        `${service.folder.name} (${placeOf(system, service)}) has routes of its own: requests there do not pass the gateway`,
        `remove "routes" in ${placeOf(system, service)}, unless it is meant to be public`,
      ),
    )
  }
  return findings
}
