/**
 * Sets each counter to the greater of what it is and what is given; never lowers one. Compares digits, not Lua
 * numbers, which are exact to 2^53 only. A negative value counts as less than any other.
 * KEYS counters; ARGV { counterId, decimal integer } *.
 */
export const RAISE_COUNTERS_SCRIPT = `
#!lua
local function greater(a, b)
  local aNegative, bNegative = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if aNegative or bNegative then return bNegative and not aNegative end
  if #a ~= #b then return #a > #b end
  return a > b
end
for i = 1, #ARGV, 2 do
  local current = redis.call('HGET', KEYS[1], ARGV[i])
  if not current or greater(ARGV[i + 1], current) then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return #ARGV / 2
`.trim();
