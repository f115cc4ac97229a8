-- Keeps tokens, unless somebody who had the lease later has kept others since.
--
-- KEYS: the record (a hash), and its one part (a sorted set, scored by the end of its lease). ARGV: format, fence (an empty
-- text without a lease), sealed tokens. Returns 1, or 0 if others are kept or the lease is somebody else's.

local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= ARGV[1] then
    return redis.error_reply('OTHERFORMAT ' .. format)
end
local fence = tonumber(ARGV[2])
if not format then
    redis.call('HSET', KEYS[1], 'format', ARGV[1], 'parts', 1)
    redis.call('ZADD', KEYS[2], 0, 0)
end
if not fence then
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
    if tonumber(redis.call('ZSCORE', KEYS[2], 0) or 0) > now then return 0 end
    redis.call('HSETNX', KEYS[1], 'fence:0', time[1] .. string.format('%06d', time[2]))
    fence = redis.call('HINCRBY', KEYS[1], 'fence:0', 1)
end
if fence < tonumber(redis.call('HGET', KEYS[1], 'saved') or 0) then return 0 end
redis.call('HSET', KEYS[1], 'saved', fence, 'value:0', ARGV[3])
return 1
