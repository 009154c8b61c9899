/** What the example knows of the world: a time zone is true, weather is not. */
interface City {
  readonly name: string
  readonly timeZone: string
  readonly celsius: number
  readonly sky: string
}

const CITIES: readonly City[] = [
  { name: 'Berlin', timeZone: 'Europe/Berlin', celsius: 11, sky: 'cloudy' },
  { name: 'Lisbon', timeZone: 'Europe/Lisbon', celsius: 19, sky: 'sunny' },
  { name: 'London', timeZone: 'Europe/London', celsius: 12, sky: 'rainy' },
  { name: 'Nairobi', timeZone: 'Africa/Nairobi', celsius: 24, sky: 'partly cloudy' },
  { name: 'New York', timeZone: 'America/New_York', celsius: 15, sky: 'clear' },
  { name: 'São Paulo', timeZone: 'America/Sao_Paulo', celsius: 26, sky: 'stormy' },
  { name: 'Sydney', timeZone: 'Australia/Sydney', celsius: 22, sky: 'windy' },
  { name: 'Tokyo', timeZone: 'Asia/Tokyo', celsius: 17, sky: 'clear' },
]

type Unknown = { readonly error: string }

export function weatherIn(
  name: string,
): (Pick<City, 'celsius' | 'sky'> & { readonly city: string }) | Unknown {
  const city = cityOf(name)
  return city ? { city: city.name, celsius: city.celsius, sky: city.sky } : unknown(name)
}

/** @param now in milliseconds since 1970 */
export function timeIn(
  name: string,
  now: number,
): { readonly city: string; readonly time: string } | Unknown {
  const city = cityOf(name)
  if (!city) return unknown(name)
  const { timeZone } = city
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'short' }).format(
    now,
  )
  return { city: city.name, time }
}

function cityOf(name: string): City | undefined {
  const compare = new Intl.Collator('en', { sensitivity: 'base' }).compare
  return CITIES.find((city) => compare(city.name, name) === 0)
}

function unknown(name: string): Unknown {
  return { error: `no city ${name} here; there are ${CITIES.map((city) => city.name).join(', ')}` }
}
