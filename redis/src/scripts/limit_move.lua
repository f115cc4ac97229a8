-- Requests have left later than they may: they count for longer.
--
-- KEYS: as of `limit_acquire`. ARGV: for each window the id of the request, what it costs, and the time at which it has left at
-- the latest, in microseconds of this server's clock.

for i = 1, (#KEYS - 1) / 3 do
    local id, latest = ARGV[3 * i - 2], ARGV[3 * i]
    for unit = 0, tonumber(ARGV[3 * i - 1]) - 1 do
        local member = unit == 0 and id or id .. ':' .. string.format('%.0f', unit)
        redis.call('ZADD', KEYS[3 * i - 1], 'XX', 'GT', latest, member)
    end
end
return 1
