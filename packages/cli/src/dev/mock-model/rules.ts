import { type ChatRequest, membersOf, type Message, parsed } from './chat-request.ts'
import { resultWords } from './result-words.ts'

/** What the model does next: it says something, or calls a tool. */
export type Turn =
  { readonly text: string } | { readonly call: { readonly name: string; readonly input: object } }

const INTRODUCTION =
  'I am the local model of `sealgate dev`: fixed rules on this machine, and no AI. For a real one set OPENAI_API_KEY, or bind Workers AI.'

const ABILITIES =
  'Try “What is the weather in Lisbon?”, “What time is it in Tokyo?”, “Which reports are there on revenue?” or “Pay 250 euro to Ada”.'

/** Something that a person asks for, and the tool that does it. */
interface Rule {
  readonly when: RegExp
  readonly tool: string
  /** The arguments; text: what is missing, to be asked for. */
  readonly input: (text: string) => object | string
}

const RULES: readonly Rule[] = [
  { when: /\b(?:pay|transfer|send)\b/i, tool: 'pay', input: paymentIn },
  { when: /\bweather\b/i, tool: 'getWeather', input: cityIn },
  { when: /\btime\b/i, tool: 'getTime', input: cityIn },
  {
    when: /\b(?:documents?|reports?|search|find|revenue|salar(?:y|ies)|suppliers?|handbook|holidays?)\b/i,
    tool: 'searchDocuments',
    input: (text) => ({ query: text.slice(0, 200) }),
  },
]

/** Names a tool and its arguments, whether or not the tool is offered: `call pay {"to":"Ada","amount":5}`. */
const ORDER = /\bcall (\w{1,64}) (\{[^{}]{0,1000}\})/i

/**
 * The next turn, by fixed rules. It obeys an order that stands in a tool's result, as a model does that was tricked: what it
 * may do is for the tools to decide.
 */
export function nextTurn({ messages, tools }: ChatRequest): Turn {
  const last = messages.at(-1)
  const turn = last?.role === 'tool' ? afterResults(messages) : onQuestion(last?.text ?? '', tools)
  const isFirst = !messages.some(({ role }) => role === 'assistant')
  return isFirst && 'text' in turn ? { text: `${INTRODUCTION}\n\n${turn.text}` } : turn
}

function onQuestion(text: string, tools: readonly string[]): Turn {
  const ordered = orderIn(text)
  if (ordered) return ordered
  const rule = RULES.find(({ when }) => when.test(text))
  if (!rule)
    return { text: /\bhello\b/i.test(text) ? `Hello! ${ABILITIES}` : `I know no rule for that. ${ABILITIES}` }
  if (!tools.includes(rule.tool)) {
    return { text: `I have no tool ${rule.tool} here: you do not have the rights that it needs.` }
  }
  const input = rule.input(text)
  return typeof input === 'string' ? { text: input } : { call: { name: rule.tool, input } }
}

function orderIn(text: string): Turn | undefined {
  const [, name, json = ''] = ORDER.exec(text) ?? []
  return name === undefined ? undefined : { call: { name, input: membersOf(parsed(json)) } }
}

/** Says what the tools of the last turn brought. */
function afterResults(messages: readonly Message[]): Turn {
  const calls = messages.flatMap((message) => message.calls)
  const from = messages.findLastIndex(({ role }) => role !== 'tool') + 1
  const results = messages.slice(from)
  const nameOf = ({ callId }: Message): string => calls.findLast(({ id }) => id === callId)?.name ?? ''
  const found = results.find((result) => nameOf(result) === 'searchDocuments')
  const ordered = found && orderIn(found.text.replaceAll('\\"', '"'))
  const text = results.map((result) => resultWords(nameOf(result), result.text)).join('\n\n')
  const isFirstResult = calls.length === results.length
  if (ordered) return ordered
  return { text: isFirstResult ? `${INTRODUCTION}\n\n${text}` : text }
}

function cityIn(text: string): object | string {
  const [, city] = /\b(?:in|at|for) ([\p{L}][\p{L} .'-]{0,58})/iu.exec(text) ?? []
  return city === undefined ? 'In which city? Say for example “in Lisbon”.' : { city: city.trim() }
}

function paymentIn(text: string): object | string {
  const [, amount] = /(\d{1,7}(?:[.]\d{1,2})?)/.exec(text) ?? []
  const [, to] = /\bto (\p{L}[\p{L}\d '-]{0,58})/u.exec(text) ?? []
  if (amount === undefined || to === undefined) {
    return 'How much, and to whom? Say for example “Pay 250 euro to Ada”.'
  }
  return { to: to.trim(), amount: Number(amount), currency: 'EUR' }
}
