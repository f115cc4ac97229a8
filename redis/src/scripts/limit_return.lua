-- Gives back places of requests that were not sent, not served, or cost less than was said.
--
-- KEYS: as of `limit_acquire`. ARGV: for each window the id of the request, how much it has cost after all, and how much it
-- was to cost.

for i = 1, (#KEYS - 1) / 3 do
    local sent, queue, note = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
    local id, real, cost = ARGV[3 * i - 2], tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    local gone, waiting = 0, 0
    for unit = real, cost - 1 do
        local member = unit == 0 and id or id .. ':' .. string.format('%.0f', unit)
        gone = gone + redis.call('ZREM', sent, member)
        waiting = waiting + redis.call('ZREM', queue, member)
    end
    if gone > 0 and redis.call('HEXISTS', note, 'left') == 1 then
        redis.call('HINCRBY', note, 'left', gone)
    end
    -- A search may find what has become free.
    if gone + waiting > 0 then redis.call('HDEL', note, 'full') end
end
return 1
