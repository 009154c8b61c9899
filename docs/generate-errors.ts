import {
  ClaimsError,
  ConfigError,
  type KitErrorCode,
  KeysUnavailableError,
  RevocationUnavailableError,
  TokenError,
} from '@sealgate/kit'
import { CredentialsGoneError, DenialError } from '@sealgate/kit/agents'
import { AUTH0_CAUSES, DPOP_CAUSES, GATEWAY_CAUSES, KIT_CAUSES, KIT_ERROR_CAUSES } from 'sealgate/internal'
import { tableOf } from './markdown-table.ts'

const STATUSES: Readonly<Record<KitErrorCode, number | string>> = {
  [ConfigError.code]: new ConfigError('').status,
  [ClaimsError.code]: new ClaimsError('').status,
  [TokenError.code]: new TokenError('malformed', '').status,
  [DenialError.code]: 'of its decision',
  [CredentialsGoneError.code]: new CredentialsGoneError('').status,
  [KeysUnavailableError.code]: new KeysUnavailableError('', 1).status,
  [RevocationUnavailableError.code]: new RevocationUnavailableError('', 1).status,
}

/**
 * The tables of docs/reference/errors.md, by the name of their block.
 *
 * @param wire what a kind of the gateway's is on the wire
 */
export function errorTables(wire: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return {
    gateway: tableOf(
      ['kind (in the log)', 'status, `error`', 'cause', 'what to do'],
      Object.entries(GATEWAY_CAUSES).map(([kind, { meaning, todo }]) => [
        `\`${kind}\``,
        wire.get(kind) ?? '',
        meaning,
        todo,
      ]),
    ),
    auth0: tableOf(
      ['detail', 'meaning', 'what to do'],
      Object.entries(AUTH0_CAUSES).map(([detail, { meaning, todo }]) => [`\`${detail}\``, meaning, todo]),
    ),
    dpop: tableOf(
      ['detail', 'meaning', 'what to do'],
      Object.entries(DPOP_CAUSES).map(([detail, { meaning, todo }]) => [`\`${detail}\``, meaning, todo]),
    ),
    kit: tableOf(
      ['reason', 'meaning', 'most often', 'what to do'],
      Object.entries(KIT_CAUSES).map(([reason, { meaning, often, todo }]) => [
        `\`${reason}\``,
        meaning,
        often,
        todo,
      ]),
    ),
    codes: tableOf(
      ['code', 'status', 'meaning', 'what to do'],
      Object.entries(KIT_ERROR_CAUSES).map(([code, { meaning, todo }]) => [
        `\`${code}\``,
        String(STATUSES[code as KitErrorCode]),
        meaning,
        todo,
      ]),
    ),
  }
}
