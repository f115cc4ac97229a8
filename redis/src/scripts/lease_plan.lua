-- Makes the record of a job, or reads it if it is there.
--
-- KEYS: the record (a hash), and its parts that are not done (a sorted set, scored by the time from which on each may be
-- taken). ARGV: format, sealed plan, number of parts, milliseconds that the record is kept. Returns the plan that
-- counts, the number of its parts, and how many are not done.

local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= ARGV[1] then
    return redis.error_reply('OTHERFORMAT ' .. format)
end
if not format then
    if ARGV[3] == '0' then return false end
    redis.call('HSET', KEYS[1], 'format', ARGV[1], 'plan', ARGV[2], 'parts', ARGV[3])
    for part = 0, tonumber(ARGV[3]) - 1 do
        redis.call('ZADD', KEYS[2], 0, part)
    end
    if ARGV[4] ~= '0' then
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        redis.call('PEXPIRE', KEYS[2], ARGV[4])
    end
end
local record = redis.call('HMGET', KEYS[1], 'plan', 'parts')
return { record[1], tonumber(record[2]), redis.call('ZCARD', KEYS[2]) }
