import type { WorkerConfig, WorkerRoute } from './worker-config.ts'

/** The routes and custom domains of a Worker. */
export function routesOf({ route, routes = [] }: WorkerConfig): readonly WorkerRoute[] {
  return route === undefined ? routes : [...routes, route]
}

/** The host of a pattern such as `app.example.com/*`. */
export function hostOf(route: WorkerRoute): string {
  const pattern = typeof route === 'string' ? route : route.pattern
  return (
    pattern
      .replace(/^https?:\/\//, '')
      .split('/', 1)[0]
      ?.toLowerCase() ?? pattern
  )
}
