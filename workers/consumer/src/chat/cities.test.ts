import { expect, it } from 'vitest'
import { timeIn, weatherIn } from './cities.ts'

it('knows a city however it is spelt, and says which there are', () => {
  expect(weatherIn('lisbon')).toEqual({ city: 'Lisbon', celsius: 19, sky: 'sunny' })
  expect(weatherIn('sao paulo')).toMatchObject({ city: 'São Paulo' })
  expect(weatherIn('Atlantis')).toMatchObject({ error: expect.stringContaining('Lisbon') as string })
})

it('tells the time where the city is', () => {
  const noon = Date.UTC(2026, 10, 28, 12)
  expect(timeIn('Tokyo', noon)).toMatchObject({ time: expect.stringContaining('21:00') as string })
  expect(timeIn('Atlantis', noon)).toMatchObject({ error: expect.stringContaining('Tokyo') as string })
})
