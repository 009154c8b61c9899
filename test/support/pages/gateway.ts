import { createGateway, defineGateway } from '@sealgate/gateway'

/** Black, and white where people prefer dark. */
const logo = (color: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32" fill="${color}"><circle cx="16" cy="16" r="14"/><text x="38" y="23" font-family="sans-serif" font-size="20" font-weight="700">Acme</text></svg>`,
  ).replaceAll("'", '%27')}`

const page = { methods: ['GET'], service: 'SHOP', audience: 'shop', login: 'redirect' } as const

/** A gateway for people: its pages have a brand. */
const gateway = createGateway(
  defineGateway({
    audiences: { shop: { permissions: ['read:reports', 'manage:users'], roles: [] } },
    routes: [
      { ...page, match: '/*' },
      { ...page, match: '/admin', require: ['manage:users'] },
      { ...page, match: '/down', service: 'NOBODY', timeoutMs: 200 },
    ],
    branding: {
      name: 'Acme Shop',
      logo: logo('#1b1f24'),
      logoDark: logo('#eceff3'),
      color: '#0f766e',
      css: 'main { border-top: 4px solid var(--act) }',
      supportUrl: 'https://help.acme.example/',
    },
  }),
)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
