/**
 * The one script that moves counters: settlements first, then reservations, for one tenant, atomically.
 *
 * KEYS  counters, holds, dispatched, outbox (all share the tenant's hash tag)
 * ARGV  settleCount, { holdId, outboxEntry | '', n, { counterId, delta } * n } * settleCount,
 *       reserveCount, { holdId, holdRecord, epoch, validFromMs, validUntilMs, n, { counterId, amount, cap } * n } * reserveCount
 *
 * Replies one string per operation, settlements first:
 *   settle   `1,<total>...`  applied        `0`  the hold was already gone (applied before, or swept)
 *   reserve  `A,<total>...`  admitted, totals include this call
 *            `R,<total>...`  refused, nothing changed, totals as they stand
 *            `S,<epoch>`     the snapshot is stale        `U`  the tenant is not loaded
 *            `W,<nowMs>`     server time is outside the windows the caller computed
 *
 * Few commands per call: every counter of the whole batch is read by one HMGET and written by one HSET, and a
 * counter that several operations touch is read and written once.
 *
 * Lua numbers are doubles. Amounts of up to 15 digits (1,000,000 USD in nano-dollars) are exact in them and take
 * the short path; longer ones are split into two halves of nine low digits and the rest, exact to 9e24.
 */
export const ADMISSION_SCRIPT = `
local counters, holds, dispatched, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fmt, sub, concat = string.format, string.sub, table.concat

local function split(s)
  if sub(s, 1, 1) == '-' then
    local hi, lo = split(sub(s, 2))
    return -hi, -lo
  end
  if #s <= 9 then return 0, tonumber(s) end
  return tonumber(sub(s, 1, -10)), tonumber(sub(s, -9))
end

local function join(hi, lo)
  if lo >= 1e9 then hi, lo = hi + 1, lo - 1e9 elseif lo < 0 and hi > 0 then hi, lo = hi - 1, lo + 1e9
  elseif lo <= -1e9 then hi, lo = hi - 1, lo + 1e9 elseif lo > 0 and hi < 0 then hi, lo = hi + 1, lo - 1e9 end
  if hi == 0 then return fmt('%.0f', lo) end
  return fmt('%.0f%09.0f', hi, math.abs(lo))
end

local function add(a, b)
  if #a <= 15 and #b <= 15 then return fmt('%.0f', tonumber(a) + tonumber(b)) end
  local ahi, alo = split(a)
  local bhi, blo = split(b)
  return join(ahi + bhi, alo + blo)
end

local function above(a, cap)
  if #a <= 15 then return tonumber(a) > tonumber(cap) end
  local ahi, alo = split(a)
  local chi, clo = split(cap)
  return ahi > chi or (ahi == chi and alo > clo)
end

local total, fields = {}, { 'epoch' }
local function want(field)
  if total[field] == nil then
    total[field] = '0'
    fields[#fields + 1] = field
  end
end

local settleCount = tonumber(ARGV[1])
local i = 2
for _ = 1, settleCount do
  local n = tonumber(ARGV[i + 2])
  for f = i + 3, i + 1 + 2 * n, 2 do want(ARGV[f]) end
  i = i + 3 + 2 * n
end
local reserveCount = tonumber(ARGV[i])
local reservesAt = i + 1
i = reservesAt
for _ = 1, reserveCount do
  local n = tonumber(ARGV[i + 5])
  for f = i + 6, i + 3 + 3 * n, 3 do want(ARGV[f]) end
  i = i + 6 + 3 * n
end

local values = redis.call('HMGET', counters, unpack(fields))
local epoch = values[1]
for f = 2, #fields do total[fields[f]] = values[f] or '0' end

local reply, dirty, ended = {}, {}, {}

i = 2
for op = 1, settleCount do
  local id, entry, n = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  if redis.call('HDEL', holds, id) == 1 then
    local out = { '1' }
    for k = 1, n do
      local field = ARGV[i + 1 + 2 * k]
      local sum = add(total[field], ARGV[i + 2 + 2 * k])
      total[field] = sum
      dirty[field] = true
      out[k + 1] = sum
    end
    ended[#ended + 1] = id
    if entry ~= '' then redis.call('HSET', outbox, id, entry) end
    reply[op] = concat(out, ',')
  else
    if entry ~= '' then redis.call('HSETNX', outbox, id, 'L' .. sub(entry, 2)) end
    reply[op] = '0'
  end
  i = i + 3 + 2 * n
end

if reserveCount > 0 then
  local made = {}
  local time = redis.call('TIME')
  local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  i = reservesAt
  for op = settleCount + 1, settleCount + reserveCount do
    local n = tonumber(ARGV[i + 5])
    if not epoch then
      reply[op] = 'U'
    elseif epoch ~= ARGV[i + 2] then
      reply[op] = 'S,' .. epoch
    elseif nowMs < tonumber(ARGV[i + 3]) or nowMs >= tonumber(ARGV[i + 4]) then
      reply[op] = 'W,' .. fmt('%.0f', nowMs)
    else
      local out, sums, fits = { 'A' }, {}, true
      for k = 1, n do
        local f = i + 3 + 3 * k
        local sum = add(total[ARGV[f]], ARGV[f + 1])
        -- A call that needs nothing of a limit is not refused by it: free models work when the budget is gone.
        if ARGV[f + 1] ~= '0' and above(sum, ARGV[f + 2]) then fits = false end
        sums[k] = sum
      end
      if fits then
        for k = 1, n do
          local field = ARGV[i + 3 + 3 * k]
          total[field] = sums[k]
          dirty[field] = true
          out[k + 1] = sums[k]
        end
        made[#made + 1] = ARGV[i]
        made[#made + 1] = ARGV[i + 1]
      else
        out[1] = 'R'
        for k = 1, n do out[k + 1] = total[ARGV[i + 3 + 3 * k]] end
      end
      reply[op] = concat(out, ',')
    end
    i = i + 6 + 3 * n
  end
  if #made > 0 then redis.call('HSET', holds, unpack(made)) end
end

if #ended > 0 then redis.call('SREM', dispatched, unpack(ended)) end
local writes = {}
for field in pairs(dirty) do
  writes[#writes + 1] = field
  writes[#writes + 1] = total[field]
end
if #writes > 0 then redis.call('HSET', counters, unpack(writes)) end
return reply
`.trim();

/**
 * Makes a tenant resident: sets the epoch and the counters that PostgreSQL knows, unless another process did so
 * first. KEYS counters; ARGV epoch, { counterId, total } *. Replies 1 when it loaded, 0 when already resident.
 */
export const LOAD_SCRIPT = `
if redis.call('HEXISTS', KEYS[1], 'epoch') == 1 then
  if tonumber(redis.call('HGET', KEYS[1], 'epoch')) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'epoch', ARGV[1]) end
  return 0
end
for i = 2, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
return 1
`.trim();

/**
 * Raises the epoch of a resident tenant, never lowers it: two changes may arrive out of order.
 * KEYS counters; ARGV epoch. Replies the epoch in force, or nil when the tenant is not loaded.
 */
export const BUMP_EPOCH_SCRIPT = `
local current = redis.call('HGET', KEYS[1], 'epoch')
if not current then return nil end
if tonumber(current) < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
  return ARGV[1]
end
return current
`.trim();

/** Adds to counters exactly, beyond the 2^53 of Lua too. KEYS counters; ARGV { counterId, delta } *. */
export const ADD_SCRIPT = `
for i = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return #ARGV / 2
`.trim();
