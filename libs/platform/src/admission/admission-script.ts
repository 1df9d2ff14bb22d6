/**
 * The one script that moves counters: settlements first, then reservations, for one tenant, atomically.
 *
 * KEYS  counters, holds, dispatched, outbox (all share the tenant's hash tag)
 * ARGV  fieldCount, { counterId } * fieldCount,
 *       planCount, { epoch, validFromMs, validUntilMs, n, { fieldIndex, unit 1..3, cap } * n } * planCount,
 *       settleCount, { holdId, outboxEntry | '', planIndex, requests, tokens, cost } * settleCount   (deltas)
 *       reserveCount, { holdId, holdRecord, planIndex, requests, tokens, cost } * reserveCount       (amounts)
 *
 * A plan is what calls of one policy share: which counters, of which unit, up to which cap. Calls name their plan and
 * one amount per unit, so that a batch costs little more than one call.
 *
 * Replies one string per operation, settlements first, then the total of every field after the batch:
 *   settle   `1` applied     `0` the hold was already gone (applied before, or swept)
 *   reserve  `A` admitted    `R` refused, nothing changed
 *            `S,<epoch>` the snapshot is stale        `U` the tenant is not loaded
 *            `W,<nowMs>` server time is outside the windows the caller computed
 *
 * Few commands per call: every counter of the batch is read by one HMGET and written by one HSET.
 *
 * Lua numbers are doubles. While every total has at most 15 digits and every amount at most 13 (10,000 USD in
 * nano-dollars), no sum of a batch can leave what a double holds exactly; otherwise the batch is computed on pairs of
 * nine low digits and the rest, exact to 9e24.
 */
export const ADMISSION_SCRIPT = `
local counters, holds, dispatched, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fmt, sub, floor, tonumber = string.format, string.sub, math.floor, tonumber
local at = 1
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local fieldCount = tonumber(take())
local fields = { 'epoch' }
for f = 1, fieldCount do fields[f + 1] = take() end
local values = redis.call('HMGET', counters, unpack(fields))
local epoch = values[1]

local plans = {}
local planCount = tonumber(take())
for p = 1, planCount do
  local plan = { epoch = take(), from = tonumber(take()), till = tonumber(take()), n = tonumber(take()), field = {}, unit = {}, cap = {} }
  for k = 1, plan.n do
    plan.field[k], plan.unit[k], plan.cap[k] = tonumber(take()), tonumber(take()), take()
  end
  plans[p] = plan
end

local settles, reserves = {}, {}
local isSmall = true
local function takeOps(into)
  for i = 1, tonumber(take()) do
    local op = { take(), take(), plans[tonumber(take())], take(), take(), take() }
    if #op[4] > 13 or #op[5] > 13 or #op[6] > 13 then isSmall = false end
    into[i] = op
  end
end
takeOps(settles)
takeOps(reserves)
for f = 1, fieldCount do
  local value = values[f + 1] or '0'
  values[f + 1] = value
  if #value > 15 then isSmall = false end
end

local read, add, above, show
if isSmall then
  read = tonumber
  add = function(a, b) return a + b end
  above = function(a, b) return a > b end
  show = function(a) return fmt('%.0f', a) end
else
  read = function(s)
    if sub(s, 1, 1) == '-' then
      local x = read(sub(s, 2))
      return { -x[1], -x[2] }
    end
    if #s <= 9 then return { 0, tonumber(s) } end
    return { tonumber(sub(s, 1, -10)), tonumber(sub(s, -9)) }
  end
  add = function(a, b)
    local hi, lo = a[1] + b[1], a[2] + b[2]
    if lo >= 1e9 then hi, lo = hi + 1, lo - 1e9 elseif lo <= -1e9 then hi, lo = hi - 1, lo + 1e9 end
    if hi > 0 and lo < 0 then hi, lo = hi - 1, lo + 1e9 elseif hi < 0 and lo > 0 then hi, lo = hi + 1, lo - 1e9 end
    return { hi, lo }
  end
  above = function(a, b) return a[1] > b[1] or (a[1] == b[1] and a[2] > b[2]) end
  show = function(a)
    if a[1] == 0 then return fmt('%.0f', a[2]) end
    return fmt('%.0f%09.0f', a[1], math.abs(a[2]))
  end
end

local total, dirty = {}, {}
for f = 1, fieldCount do total[f] = read(values[f + 1]) end
for p = 1, planCount do
  local cap = plans[p].cap
  for k = 1, plans[p].n do cap[k] = read(cap[k]) end
end
local function apply(plan, text, amount)
  for k = 1, plan.n do
    local u = plan.unit[k]
    if text[u + 3] ~= '0' then
      local f = plan.field[k]
      total[f] = add(total[f], amount[u])
      dirty[f] = true
    end
  end
end

local reply, ended, made = {}, {}, {}
for i = 1, #settles do
  local op = settles[i]
  if redis.call('HDEL', holds, op[1]) == 1 then
    apply(op[3], op, { read(op[4]), read(op[5]), read(op[6]) })
    ended[#ended + 1] = op[1]
    if op[2] ~= '' then redis.call('HSET', outbox, op[1], op[2]) end
    reply[i] = '1'
  else
    if op[2] ~= '' then redis.call('HSETNX', outbox, op[1], 'L' .. sub(op[2], 2)) end
    reply[i] = '0'
  end
end

if #reserves > 0 then
  local time = redis.call('TIME')
  local nowMs = tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
  for i = 1, #reserves do
    local op = reserves[i]
    local plan = op[3]
    local answer = 'A'
    if not epoch then
      answer = 'U'
    elseif epoch ~= plan.epoch then
      answer = 'S,' .. epoch
    elseif nowMs < plan.from or nowMs >= plan.till then
      answer = 'W,' .. fmt('%.0f', nowMs)
    else
      local amount = { read(op[4]), read(op[5]), read(op[6]) }
      for k = 1, plan.n do
        local u = plan.unit[k]
        -- A call that needs nothing of a limit is not refused by it: free models work when the budget is gone.
        if op[u + 3] ~= '0' and above(add(total[plan.field[k]], amount[u]), plan.cap[k]) then
          answer = 'R'
          break
        end
      end
      if answer == 'A' then
        apply(plan, op, amount)
        made[#made + 1] = op[1]
        made[#made + 1] = op[2]
      end
    end
    reply[#settles + i] = answer
  end
end

if #made > 0 then redis.call('HSET', holds, unpack(made)) end
if #ended > 0 then redis.call('SREM', dispatched, unpack(ended)) end
local writes = {}
local last = #reply
for f = 1, fieldCount do
  local value = values[f + 1]
  if dirty[f] then
    value = show(total[f])
    writes[#writes + 1] = fields[f + 1]
    writes[#writes + 1] = value
  end
  reply[last + f] = value
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
