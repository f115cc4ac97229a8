-- Counts requests again that a process has sent and that this server may have lost. Each has an id, so that one that
-- is still counted is not counted twice.
--
-- KEYS: as of `limit_acquire`. ARGV: format, epoch to begin with; then for each window its period and the number of its
-- requests, and of each its id, its age in microseconds, and what it costs. Returns the epoch.

local meta = redis.call('HMGET', KEYS[1], 'format', 'epoch')
if meta[1] and meta[1] ~= ARGV[1] then
    return redis.error_reply('OTHERFORMAT ' .. meta[1])
end
local epoch = meta[2]
if not epoch then
    epoch = ARGV[2]
    redis.call('HSET', KEYS[1], 'format', ARGV[1], 'epoch', epoch)
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local next = 3
for i = 1, (#KEYS - 1) / 3 do
    local sent, period = KEYS[3 * i - 1], tonumber(ARGV[next])
    local last = next + 1 + 3 * tonumber(ARGV[next + 1])
    for at = next + 2, last, 3 do
        local left = string.format('%.0f', now - tonumber(ARGV[at + 1]))
        for unit = 0, tonumber(ARGV[at + 2]) - 1 do
            local member = unit == 0 and ARGV[at] or ARGV[at] .. ':' .. string.format('%.0f', unit)
            redis.call('ZADD', sent, 'NX', left, member)
        end
    end
    redis.call('PEXPIRE', sent, math.ceil(period / 1000) + 1000)
    next = last + 1
end
return epoch
