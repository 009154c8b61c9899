import { InvalidArgumentError, Option } from 'commander'

/** `--callback`: where the mock IdP may send people back to, besides. */
export function callbackOption(words: string): Option {
  return new Option('--callback <url>', `${words}; may be repeated`).argParser(collectUrl).default([])
}

function collectUrl(url: string, earlier: readonly string[]): readonly string[] {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new InvalidArgumentError('It is not an http or https URL.')
  return [...earlier, url]
}
