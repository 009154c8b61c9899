import { analyticsEngine, datadogLogs, type MakeSink, otlpLogs } from '@sealgate/kit/log'

/**
 * Where lines go beside the console, as the environment says.
 *
 * @param signingEnds for the metrics; default: nobody knows
 */
export function gatewaySinks(signingEnds: () => number | undefined = () => undefined): readonly MakeSink[] {
  return [otlpLogs(), datadogLogs(), analyticsEngine({ signingEnds })]
}

/** @throws ConfigError naming the variable of a sink that cannot be as it says */
export function checkSinks(env: object): void {
  for (const make of gatewaySinks()) make(env, () => undefined)
}
