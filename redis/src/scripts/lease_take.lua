-- Takes the lease of a part that nobody has: the one that has been free for longest.
--
-- KEYS: as of `lease_plan`. ARGV: format, milliseconds of the lease. Returns `taken` with the number of the part, its
-- fence, the part and its value; `busy` with the milliseconds until the first lease ends; `done` if no part is left; `none` if there is no
-- record.

local format = redis.call('HGET', KEYS[1], 'format')
if not format then return { 'none' } end
if format ~= ARGV[1] then return redis.error_reply('OTHERFORMAT ' .. format) end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if not first[1] then return { 'done' } end
local wait = tonumber(first[2]) - now
-- A lease that ends later than any could was given before the server's clock was set back.
if wait > 0 and wait <= 2 * tonumber(redis.call('HGET', KEYS[1], 'lease:' .. first[1]) or 0) then
    return { 'busy', wait }
end
local part = first[1]
-- Fences begin with the time, so that one of a record that was forgotten or lost is smaller.
redis.call('HSETNX', KEYS[1], 'fence:' .. part, time[1] .. string.format('%06d', time[2]))
local fence = redis.call('HINCRBY', KEYS[1], 'fence:' .. part, 1)
redis.call('HSET', KEYS[1], 'lease:' .. part, ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[2])), part)
local record = redis.call('HMGET', KEYS[1], 'part:' .. part, 'value:' .. part)
return { 'taken', tonumber(part), fence, record[1], record[2] }
