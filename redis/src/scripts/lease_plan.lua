-- Makes a record, unless it is there.
--
-- KEYS: the record (a hash), and its parts that are not done (a sorted set, scored by the time from which on each may be
-- taken). ARGV: format, milliseconds that the record is kept (0: for good), 1 to add parts to one that is there; then
-- the parts, sealed. Returns how many parts there are, and how many are not done.

local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= ARGV[1] then
    return redis.error_reply('OTHERFORMAT ' .. format)
end
if not format or ARGV[3] == '1' then
    local known = tonumber(redis.call('HGET', KEYS[1], 'parts') or 0)
    for part = known, known + #ARGV - 4 do
        redis.call('HSET', KEYS[1], 'part:' .. part, ARGV[4 + part - known])
        redis.call('ZADD', KEYS[2], 0, part)
    end
    redis.call('HSET', KEYS[1], 'format', ARGV[1], 'parts', known + #ARGV - 3)
    if ARGV[2] ~= '0' then
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        redis.call('PEXPIRE', KEYS[2], ARGV[2])
    end
end
return { tonumber(redis.call('HGET', KEYS[1], 'parts')), redis.call('ZCARD', KEYS[2]) }
