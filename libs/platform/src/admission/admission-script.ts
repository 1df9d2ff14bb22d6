/*
 * All scripts begin with `#!lua` (Redis 7 or newer): a script that may write is then refused as a whole when memory is
 * full or the server is a replica. Without it the first command that needs memory fails in the middle, after others
 * have been applied.
 */

/**
 * The one script that moves counters: settlements first, then reservations, for one tenant, atomically.
 *
 * KEYS  counters, holds, dispatched, outbox (all share the tenant's hash tag)
 * ARGV  the batch as JSON, then the outbox entry ('' to release) of each settlement, then the record of each hold
 *       { p: [{ e: epoch, a: validFromMs, b: validUntilMs, f: [counterId], u: [unit 1..8], c: [cap],
 *               h: [[limit, position...]], r: [[limit, position, base, max]], j: [limit, position] }],
 *         d: [holdId],                                             dispatched: their requests are about to leave
 *         s: [[holdId, planIndex, requests, tokens, cost, ...]],   deltas
 *         r: [[holdId, planIndex, requests, tokens, cost, ...]] }  amounts
 *       The rest of an operation is input tokens, output tokens, concurrent requests, then credits and millionths of a
 *       credit, where the plan counts them.
 *
 * Limit k of a plan is charged to counter f[k] in unit u[k] up to c[k]. Further counters of f are only read: the
 * earlier buckets of sliding windows (h: they count as usage too) and windows that leave something to the current one
 * (r: the cap grows by base minus what was used there, at most by max).
 *
 * A plan with j is that of a call of a job: the call adds to the counter of the job (position), and the credits (limit)
 * are charged what the job takes as a whole: the whole credits of its counter, at least one. A job that has ended has
 * no counter any more: then nothing is reserved (`J`), and what is settled late changes nothing.
 *
 * A plan is what calls of one policy share: which counters, of which unit, up to which cap. Calls name their plan and
 * one amount per unit, so that a batch costs little more than one call. Amounts are decimal text. JSON because its
 * decoder is C: taking the arguments apart in Lua costs more than deciding about them.
 *
 * Replies one string per operation, settlements first, then the total of every field after the batch:
 *   settle   `1` applied     `0` the hold was already gone (applied before, or swept)
 *   reserve  `A` admitted    `R` refused, nothing changed
 *            `S,<epoch>` the snapshot is stale        `U` the tenant is not loaded
 *            `J` the job is not open
 *            `W,<nowMs>` server time is outside the windows the caller computed
 *
 * Few commands per call: every counter of the batch is read by one HMGET and written by one HSET.
 *
 * Lua numbers are doubles. While every total has at most 15 digits (14 where several are added up) and every amount
 * at most 13 (10,000 USD in nano-dollars), no sum of a batch can leave what a double holds exactly; otherwise the batch
 * is computed on pairs of nine low digits and the rest, exact to 9e24.
 */
export const ADMISSION_SCRIPT = `
#!lua
local counters, holds, dispatched, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fmt, sub, tonumber = string.format, string.sub, tonumber
local batch = cjson.decode(ARGV[1])
local plans, settles, reserves = batch.p, batch.s, batch.r
if #batch.d > 0 then redis.call('SADD', dispatched, unpack(batch.d)) end

local fields, fieldCount, fieldOf, digits = { 'epoch' }, 0, {}, 15
for p = 1, #plans do
  local plan = plans[p]
  local names, index = plan.f, {}
  if plan.h or plan.r then digits = 14 end
  for k = 1, #names do
    local f = fieldOf[names[k]]
    if not f then
      fieldCount = fieldCount + 1
      f = fieldCount
      fieldOf[names[k]] = f
      fields[f + 1] = names[k]
    end
    index[k] = f
  end
  plan.f = index
end
local values = redis.call('HMGET', counters, unpack(fields))
local epoch = values[1]
local isThere = {}
for f = 1, fieldCount do isThere[f] = values[f + 1] and true or false end

local isSmall = true
for f = 1, fieldCount do
  local value = values[f + 1] or '0'
  values[f + 1] = value
  if #value > digits then isSmall = false end
end
local function isLarge(op)
  return #op[3] > 13 or #op[4] > 13 or #op[5] > 13 or (op[6] and (#op[6] > 13 or #op[7] > 13))
    or (op[9] and (#op[9] > 13 or #op[10] > 13))
end
for i = 1, #settles do
  if isLarge(settles[i]) then isSmall = false end
end
for i = 1, #reserves do
  if isLarge(reserves[i]) then isSmall = false end
end
for p = 1, #plans do
  local carried = plans[p].r
  for i = 1, carried and #carried or 0 do
    if #carried[i][3] > digits or #carried[i][4] > digits then isSmall = false end
  end
end

local read, show, credits
if isSmall then
  read = tonumber
  credits = function(a) return math.max(1, math.floor(a / 1e6)) end
  show = function(a) return fmt('%.0f', a) end
else
  local pair = {}
  local function new(hi, lo) return setmetatable({ hi, lo }, pair) end
  pair.__add = function(a, b)
    local hi, lo = a[1] + b[1], a[2] + b[2]
    if lo >= 1e9 then hi, lo = hi + 1, lo - 1e9 elseif lo <= -1e9 then hi, lo = hi - 1, lo + 1e9 end
    if hi > 0 and lo < 0 then hi, lo = hi - 1, lo + 1e9 elseif hi < 0 and lo > 0 then hi, lo = hi + 1, lo - 1e9 end
    return new(hi, lo)
  end
  pair.__unm = function(a) return new(-a[1], -a[2]) end
  pair.__sub = function(a, b) return a + -b end
  pair.__lt = function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end
  read = function(s)
    if sub(s, 1, 1) == '-' then return -read(sub(s, 2)) end
    if #s <= 9 then return new(0, tonumber(s)) end
    return new(tonumber(sub(s, 1, -10)), tonumber(sub(s, -9)))
  end
  credits = function(a)
    local n = math.max(1, a[1] * 1e3 + math.floor(a[2] / 1e6))
    return new(math.floor(n / 1e9), n % 1e9)
  end
  show = function(a)
    if a[1] == 0 then return fmt('%.0f', a[2]) end
    return fmt('%.0f%09.0f', a[1], math.abs(a[2]))
  end
end

local total, dirty = {}, {}
for f = 1, fieldCount do total[f] = read(values[f + 1]) end
for p = 1, #plans do
  local plan = plans[p]
  local cap, f = plan.c, plan.f
  for k = 1, #cap do cap[k] = read(cap[k]) end
  if plan.h then
    plan.earlier = {}
    for i = 1, #plan.h do
      local positions, of = plan.h[i], {}
      for j = 2, #positions do of[j - 1] = f[positions[j]] end
      plan.earlier[positions[1]] = of
    end
  end
  if plan.r then
    plan.before = {}
    for i = 1, #plan.r do
      local carried = plan.r[i]
      plan.before[carried[1]] = { f[carried[2]], read(carried[3]), read(carried[4]) }
    end
  end
end
local function amountsOf(op)
  local amount = { read(op[3]), read(op[4]), read(op[5]) }
  if op[6] then amount[4], amount[5], amount[6] = read(op[6]), read(op[7]), read(op[8]) end
  if op[9] then amount[7], amount[8] = read(op[9]), read(op[10]) end
  return amount
end
-- What the job of a call takes more, or less, once the call is added to it.
local function jobDelta(plan, amount)
  local before = total[plan.f[plan.j[2]]]
  return credits(before + amount[8]) - credits(before)
end
local function apply(plan, op, amount)
  local f, u, j = plan.f, plan.u, plan.j
  if j and isThere[f[j[2]]] then
    local account, job = f[j[1]], f[j[2]]
    total[account] = total[account] + jobDelta(plan, amount)
    total[job] = total[job] + amount[8]
    dirty[account], dirty[job] = true, true
  end
  for k = 1, #u do
    local unit = u[k]
    if op[unit + 2] ~= '0' and not (j and unit > 6) then
      local field = f[k]
      total[field] = total[field] + amount[unit]
      dirty[field] = true
    end
  end
end
local function withEarlier(used, earlier)
  for i = 1, #earlier do used = used + total[earlier[i]] end
  return used
end
local function withRest(cap, before)
  local rest = before[2] - total[before[1]]
  if rest > before[3] then rest = before[3] end
  if rest > read('0') then return cap + rest end
  return cap
end

local reply, ended, made = {}, {}, {}
for i = 1, #settles do
  local op, entry = settles[i], ARGV[i + 1]
  if redis.call('HDEL', holds, op[1]) == 1 then
    apply(plans[op[2]], op, amountsOf(op))
    ended[#ended + 1] = op[1]
    if entry ~= '' then redis.call('HSET', outbox, op[1], entry) end
    reply[i] = '1'
  else
    if entry ~= '' then redis.call('HSETNX', outbox, op[1], 'L' .. sub(entry, 2)) end
    reply[i] = '0'
  end
end

if #reserves > 0 then
  local time = redis.call('TIME')
  local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  for i = 1, #reserves do
    local op = reserves[i]
    local plan = plans[op[2]]
    local answer = 'A'
    if not epoch then
      answer = 'U'
    elseif epoch ~= plan.e then
      answer = 'S,' .. epoch
    elseif nowMs < plan.a or nowMs >= plan.b then
      answer = 'W,' .. fmt('%.0f', nowMs)
    elseif plan.j and not isThere[plan.f[plan.j[2]]] then
      answer = 'J'
    else
      local amount = amountsOf(op)
      local f, u, c, j, earlier, before = plan.f, plan.u, plan.c, plan.j, plan.earlier, plan.before
      for k = 1, #c do
        local unit = u[k]
        local isOfJob = j and unit == 7
        -- A call that needs nothing of a limit is not refused by it: free models work when the budget is gone.
        if isOfJob or op[unit + 2] ~= '0' then
          local used, cap, needed = total[f[k]], c[k], amount[unit]
          if isOfJob then needed = jobDelta(plan, amount) end
          if earlier and earlier[k] then used = withEarlier(used, earlier[k]) end
          if before and before[k] then cap = withRest(cap, before[k]) end
          if used + needed > cap and (not isOfJob or needed > read('0')) then
            answer = 'R'
            break
          end
        end
      end
      if answer == 'A' then
        apply(plan, op, amount)
        made[#made + 1] = op[1]
        made[#made + 1] = ARGV[1 + #settles + i]
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
#!lua
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
#!lua
local current = redis.call('HGET', KEYS[1], 'epoch')
if not current then return nil end
if tonumber(current) < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
  return ARGV[1]
end
return current
`.trim();

/**
 * Opens a hold on the credits of a team, if there is room. KEYS counters; ARGV epoch, counter of the credits, cap,
 * counter of the hold, its first value. Replies like the admission script: `A` (also when it is open already), `R` and
 * what is used, `S` and the epoch in force, `U`.
 */
export const OPEN_CREDIT_HOLD_SCRIPT = `
#!lua
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then return 'U' end
if redis.call('HEXISTS', KEYS[1], ARGV[4]) == 1 then return 'A' end
if epoch ~= ARGV[1] then return 'S,' .. epoch end
local used = redis.call('HGET', KEYS[1], ARGV[2]) or '0'
local taken = math.max(1, math.floor(tonumber(ARGV[5]) / 1e6))
if tonumber(used) + taken > tonumber(ARGV[3]) then return 'R,' .. used end
redis.call('HSET', KEYS[1], ARGV[4], ARGV[5])
redis.call('HINCRBY', KEYS[1], ARGV[2], string.format('%.0f', taken))
return 'A'
`.trim();

/**
 * Ends holds on credits: instead of what each takes, the credits are charged what it came to. One that is not there has
 * ended before. KEYS counters; ARGV { counter of the credits, counter of the hold, credits charged } *.
 */
export const CLOSE_CREDIT_HOLDS_SCRIPT = `
#!lua
local closed = 0
for i = 1, #ARGV, 3 do
  local micro = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if micro then
    local taken = math.max(1, math.floor(tonumber(micro) / 1e6))
    redis.call('HINCRBY', KEYS[1], ARGV[i], string.format('%.0f', tonumber(ARGV[i + 2]) - taken))
    redis.call('HDEL', KEYS[1], ARGV[i + 1])
    closed = closed + 1
  end
end
return closed
`.trim();

/** Adds to counters exactly, beyond the 2^53 of Lua too. KEYS counters; ARGV { counterId, delta } *. */
export const ADD_SCRIPT = `
#!lua
for i = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return #ARGV / 2
`.trim();
