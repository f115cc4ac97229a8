-- What the holder of a lease does with it: nothing is done for one who has lost it.
--
-- KEYS: as of `lease_plan`. ARGV: format, part, fence, milliseconds of the lease, act, value, milliseconds that the
-- record is kept. Acts: `renew`; `save` the value and renew; `finish` with a last value; `release`. Returns 1, or 0 if
-- the lease was lost.

local format = redis.call('HGET', KEYS[1], 'format')
if not format then return 0 end
if format ~= ARGV[1] then return redis.error_reply('OTHERFORMAT ' .. format) end

local part, act = ARGV[2], ARGV[5]
if redis.call('HGET', KEYS[1], 'fence:' .. part) ~= ARGV[3] then return 0 end
-- It is done: somebody has had it since, or this act was carried out and its response was lost.
if not redis.call('ZSCORE', KEYS[2], part) then return act == 'finish' and 1 or 0 end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if act == 'save' or act == 'finish' then
    redis.call('HSET', KEYS[1], 'value:' .. part, ARGV[6])
end
if act == 'finish' then
    redis.call('ZREM', KEYS[2], part)
elseif act == 'release' then
    redis.call('ZADD', KEYS[2], 0, part)
else
    redis.call('HSET', KEYS[1], 'lease:' .. part, ARGV[4])
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[4])), part)
end
if ARGV[7] ~= '0' then
    redis.call('PEXPIRE', KEYS[1], ARGV[7])
    redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
return 1
