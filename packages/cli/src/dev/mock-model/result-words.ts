import { membersOf, parsed } from './chat-request.ts'

type Members = Readonly<Record<string, unknown>>

/** What is said of a result, by the tool that it is of. */
const WORDS: Readonly<Record<string, (result: Members) => string>> = {
  getWeather: ({ city, celsius, sky }) => `In ${word(city)} it is ${word(celsius)} °C and ${word(sky)}.`,
  getTime: ({ city, time }) => `In ${word(city)} it is ${word(time)}.`,
  pay: ({ to, amount, currency, approvedBy }) =>
    `Paid: ${word(amount)} ${word(currency)} to ${word(to)}.` +
    (approvedBy === undefined
      ? ''
      : ' The service has your approval with it; the receipt is in the list of payments.'),
  searchDocuments: ({ documents }) => {
    const found = Array.isArray(documents) ? documents.map(membersOf) : []
    return found.length === 0
      ? 'I found no document that you may read.'
      : found.map(({ title, text }) => `**${word(title)}**: ${word(text)}`).join('\n\n')
  },
}

/** A tool's result in words; its own where the rules know no better ones. */
export function resultWords(tool: string, content: string): string {
  const result = membersOf(parsed(content))
  const { denied, message, error } = result
  if (denied === true) return `That was denied: ${word(message)}`
  if (/execution denied/.test(content)) return 'You said no, so I left it.'
  if (typeof error === 'string') return `That failed: ${error}`
  const words = Object.entries(WORDS).find(([name]) => name === tool)?.[1]
  return words && Object.keys(result).length > 0 ? words(result) : content
}

const word = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
