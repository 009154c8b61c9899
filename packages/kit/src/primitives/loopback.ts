/** True for the host names of this very machine, as `URL.hostname` writes them: plain http is safe there. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
