-- Takes note of what responses say of windows.
--
-- KEYS: as of `limit_acquire`. ARGV: format; then for each window the requests and the period as callers say them, the same as
-- a response has said them, how many are left, how long that counts, and 1 if a request was refused; an empty text where a
-- response says nothing. All times are in microseconds.

local meta = redis.call('HGET', KEYS[1], 'format')
if meta and meta ~= ARGV[1] then
    return redis.error_reply('OTHERFORMAT ' .. meta)
end
local NOTED = 600000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

for i = 1, (#KEYS - 1) / 3 do
    local note, first = KEYS[3 * i + 1], 7 * i - 5
    local declared = ARGV[first] .. '/' .. ARGV[first + 1]
    local requests, period = ARGV[first + 2], ARGV[first + 3]
    local left, wait, refused = tonumber(ARGV[first + 4]), tonumber(ARGV[first + 5]), ARGV[first + 6] == '1'
    if requests ~= '' then
        redis.call('HSET', note, 'requests', requests, 'period', period, 'declared', declared)
        redis.call('HDEL', note, 'full')
        redis.call('PEXPIRE', note, NOTED)
    end
    if left and wait then
        local known = redis.call('HMGET', note, 'left', 'until')
        local known_left, known_until = tonumber(known[1]), tonumber(known[2])
        local ends = now + wait
        -- What a response says can only tighten, because requests may be under way that the service has not seen.
        if not refused and known_until and known_until > now and known_left <= left then
            left, ends = known_left, math.min(known_until, ends)
        end
        redis.call('HSET', note, 'left', string.format('%.0f', left), 'until', string.format('%.0f', ends))
        redis.call('HDEL', note, 'full')
        redis.call('PEXPIRE', note, NOTED)
    end
end
return 1
