-- Takes a place for a request in all of its windows at once, or says when there is one.
--
-- KEYS[1]: what holds for all windows; then for each window three keys: the requests that were let go (a sorted set,
-- scored by the latest time at which each can have left), those that wait (scored by the time of their place), and a
-- hash of what is known of the window besides.
-- ARGV: format, epoch to begin with, mode, id of the request, margin, oldest place that is kept, most that may wait;
-- then for each window the requests, their period, and how many of them this one costs. All times are in microseconds of this server's clock.
--
-- Modes: `enter` asks for the first time; `look` asks whether a place has become free before its own; `depart` says
-- that the time of its place has come.
--
-- Returns 1 and the latest time at which the request may leave, or 0 and the time of its place; then the time now, the
-- epoch, and for each window its requests, its period and how many more have room now.

local format, fresh_epoch, mode, id = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local margin, stale, crowd = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

-- How many steps a search takes before it goes to the end of the queue, so that no call holds up the server.
local STEPS = 100
-- Up to this limit, every row of places is looked at; the few more that large limits would allow are left.
local EXACT = 32
-- Longer than any margin: what is scored further ahead was written before the server's clock was set back.
local AHEAD = 60 * 1000000
-- How long what is known besides is kept.
local NOTED = 600000

local function text(number) return string.format('%.0f', number) end

local meta = redis.call('HMGET', KEYS[1], 'format', 'epoch')
if meta[1] and meta[1] ~= format then
    return redis.error_reply('OTHERFORMAT ' .. meta[1])
end
local epoch = meta[2] or fresh_epoch
-- Each time, and before anything is removed: a server that is full refuses a script only at a first command that takes
-- room.
redis.call('HSET', KEYS[1], 'format', format, 'epoch', epoch)

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

-- A request that costs several is so many members.
local function units(cost, each)
    for unit = 0, cost - 1 do each(unit == 0 and id or id .. ':' .. text(unit)) end
end

local function add(key, at, cost)
    units(cost, function(member) redis.call('ZADD', key, text(at), member) end)
end

local function remove(key, cost)
    local removed = 0
    units(cost, function(member) removed = removed + redis.call('ZREM', key, member) end)
    return removed
end

local function score(key, index)
    local found = redis.call('ZRANGE', key, index, index, 'WITHSCORES')
    return found[2] and tonumber(found[2])
end

local own
local windows = {}
for i = 1, (#KEYS - 1) / 3 do
    local w = { sent = KEYS[3 * i - 1], queue = KEYS[3 * i], note = KEYS[3 * i + 1] }
    local note = redis.call('HMGET', w.note, 'requests', 'period', 'left', 'until', 'full', 'declared', 'full_of')
    local requests, period = ARGV[5 + 3 * i], ARGV[6 + 3 * i]
    -- What a response has said of a limit counts as long as callers say the same of it.
    if note[6] == requests .. '/' .. period then requests, period = note[1], note[2] end
    w.limit, w.period = tonumber(requests), tonumber(period)
    w.cost = math.min(tonumber(ARGV[7 + 3 * i]), w.limit)
    w.of = requests .. '/' .. period
    w.left, w.cap, w.full = tonumber(note[3]), tonumber(note[4]), note[7] == w.of and tonumber(note[5]) or 0
    if w.cap and (w.cap <= now or w.cap > now + NOTED * 1000) then
        redis.call('HDEL', w.note, 'left', 'until')
        w.left, w.cap = nil, nil
    end
    local last = score(w.sent, -1)
    if last and last > now + AHEAD then
        redis.call('DEL', w.sent, w.queue)
        redis.call('HDEL', w.note, 'full')
        w.full = 0
    end
    redis.call('ZREMRANGEBYSCORE', w.sent, '-inf', text(now - w.period))
    if mode ~= 'enter' then
        local place = redis.call('ZSCORE', w.queue, id)
        if place then
            own = tonumber(place)
            remove(w.queue, w.cost)
        end
        -- It was let go, and was too late to leave.
        local returned = mode == 'depart' and remove(w.sent, w.cost) or 0
        if returned > 0 and w.cap then
            w.left = w.left + returned
            redis.call('HINCRBY', w.note, 'left', returned)
        end
    end
    redis.call('ZREMRANGEBYSCORE', w.queue, '-inf', text(now - stale))
    w.gone, w.waiting = redis.call('ZCARD', w.sent), redis.call('ZCARD', w.queue)
    windows[i] = w
end

-- The place of this number, counted from the oldest, as the latest time at which it leaves.
local function nth(w, index)
    if index < w.gone then return score(w.sent, index) end
    local place = score(w.queue, index - w.gone)
    return place and place + margin
end

-- Until when nothing more can leave at this time, if nothing can.
local function blocked(w, at)
    if w.cap and at < w.cap and redis.call('ZCOUNT', w.queue, '-inf', text(w.cap)) + w.cost > w.left then
        return w.cap
    end
    local latest, period = at + margin, w.period + margin
    local behind = redis.call('ZCOUNT', w.sent, '-inf', text(latest)) + redis.call('ZCOUNT', w.queue, '-inf', text(at))
    local over = redis.call('ZCOUNT', w.sent, '-inf', text(latest - period))
        + redis.call('ZCOUNT', w.queue, '-inf', text(at - period))
    -- As many places in a row as the limit allows beside all but one of these, which the last one would join: they must not
    -- be within a period. Of those whose period is not over, the first ends first.
    local most = math.max(w.limit + 1 - w.cost, 1)
    local first = math.max(behind - most, over, 0)
    local exact = w.limit <= EXACT
    for row = first, exact and behind or math.min(first, behind) do
        local last = nth(w, row + most - 1)
        if not last then return nil end
        local start = nth(w, row)
        -- Of many rows only the first is looked at, as if it began with this place: a later one ends later.
        if math.max(last, latest) < (exact and math.min(start, latest) or latest) + period then
            return math.max(start + w.period, at + 1)
        end
    end
    return nil
end

-- The first time from this one on that all windows have room.
local function search(from)
    local at = from
    for _, w in ipairs(windows) do
        local free, steps = math.max(from, w.full), 0
        local later = blocked(w, free)
        while later and steps < STEPS do
            free, steps = later, steps + 1
            later = blocked(w, free)
        end
        if later then free = math.max(free, score(w.queue, -1) or 0) end
        -- Where several places are not free, one may be.
        if free > w.full and free > from and w.cost == 1 then
            w.full = free
            redis.call('HSET', w.note, 'full', text(free), 'full_of', w.of)
            redis.call('PEXPIRE', w.note, NOTED)
        end
        at = math.max(at, free)
    end
    for _ = 1, STEPS do
        local free = at
        for _, w in ipairs(windows) do
            local later = blocked(w, free)
            if later then free = later end
        end
        if free == at then return at end
        at = free
    end
    for _, w in ipairs(windows) do at = math.max(at, (score(w.queue, -1) or 0) + 1) end
    return at
end

-- From when on a request can leave whose turn it is: those that wait behind it do not count.
local function turn()
    local at = now
    for _, w in ipairs(windows) do
        if w.cap and w.left < w.cost then at = math.max(at, w.cap) end
        if w.gone + w.cost > w.limit then
            at = math.max(at, score(w.sent, w.gone + w.cost - w.limit - 1) + w.period + 1)
        end
    end
    return at
end

local function has_plenty()
    for _, w in ipairs(windows) do
        if w.gone + w.waiting + w.cost > w.limit then return false end
        if w.cap and w.waiting + w.cost > w.left then return false end
    end
    return true
end

local at
if mode == 'depart' and (own == nil or own <= now) then
    at = turn()
elseif mode == 'depart' then
    at = own
elseif has_plenty() then
    at = now
else
    at = own or now
    for _, w in ipairs(windows) do
        -- Nothing is free before its own place, as far as is known.
        if own and w.full >= own then at = nil end
    end
    at = at and math.min(search(now), own or math.huge) or own
    -- Of what has gone, all counts, whatever the search has left out.
    if at <= now then at = turn() end
end

local reply
if at <= now then
    -- Who comes in time for a place leaves as that place would: otherwise all behind it would move a little.
    local latest = now + margin
    if own and own <= now then latest = math.max(own + margin, now + margin / 2) end
    for _, w in ipairs(windows) do
        add(w.sent, latest, w.cost)
        redis.call('PEXPIRE', w.sent, math.ceil((w.period + margin) / 1000) + 1000)
        w.gone = w.gone + w.cost
        if w.cap then
            w.left = w.left - w.cost
            redis.call('HINCRBY', w.note, 'left', -w.cost)
        end
    end
    reply = { 1, latest, now, epoch }
else
    for _, w in ipairs(windows) do
        if w.waiting >= crowd then return redis.error_reply('CROWDED ' .. w.waiting) end
    end
    for _, w in ipairs(windows) do
        add(w.queue, at, w.cost)
        local last = score(w.queue, -1)
        redis.call('PEXPIRE', w.queue, math.ceil((last - now + stale) / 1000) + 1000)
    end
    reply = { 0, at, now, epoch }
end
for _, w in ipairs(windows) do
    local room = w.limit - w.gone
    if w.cap then room = math.min(room, w.left) end
    reply[#reply + 1] = w.limit
    reply[#reply + 1] = w.period
    reply[#reply + 1] = math.max(room, 0)
end
return reply
