/** Names that mean something in one network alone (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and what offices use). */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|private|corp|home|lan|home\.arpa)$/

/** Blocks of IPv4 that are not on the internet (IANA's special-purpose registry, RFC 6890), and multicast. */
const PRIVATE_BLOCKS: readonly (readonly [first: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/**
 * True for a host that is not on the internet, as far as its name tells: a name without a dot or of a private zone, and an
 * address of IPv4 or IPv6 that is no public unicast one. Names are not looked up.
 *
 * @param hostname as `URL.hostname` writes it, which makes one spelling of all there are of an address
 */
export function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return !isPublicIpv6(hostname.slice(1, -1))
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return isPrivateIpv4(hostname)
  return !hostname.includes('.') || PRIVATE_NAME.test(hostname)
}

function isPrivateIpv4(address: string): boolean {
  const value = numberOf(address)
  return PRIVATE_BLOCKS.some(([first, bits]) => {
    const size = 2 ** (32 - bits)
    return Math.floor(value / size) === Math.floor(numberOf(first) / size)
  })
}

function numberOf(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0)
}

/**
 * Of 2000::/3 what no special purpose takes: not 2001::/23 (Teredo and other protocols), 2001:db8::/32 and 3fff::/20
 * (documentation), 2002::/16 (6to4, which holds an IPv4 address). What maps IPv4 lies outside.
 */
function isPublicIpv6(address: string): boolean {
  const [first = '', second = ''] = address.split(':')
  const high = parseInt(first || '0', 16)
  const low = parseInt(second || '0', 16)
  if (high < 0x2000 || high > 0x3fff || high === 0x2002) return false
  if (high === 0x2001) return low >= 0x200 && low !== 0xdb8
  return high !== 0x3fff || low >= 0x1000
}
