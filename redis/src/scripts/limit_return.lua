-- Gives back the place of a request that was not sent, or will not be.
--
-- KEYS: as of `limit_acquire`. ARGV: id of the request.

local returned = 0
for i = 1, (#KEYS - 1) / 3 do
    local sent, queue, note = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
    local gone = redis.call('ZREM', sent, ARGV[1])
    if gone == 1 and redis.call('HEXISTS', note, 'left') == 1 then
        redis.call('HINCRBY', note, 'left', 1)
    end
    if gone + redis.call('ZREM', queue, ARGV[1]) > 0 then
        -- A search may find what has become free.
        redis.call('HDEL', note, 'full')
        returned = 1
    end
end
return returned
