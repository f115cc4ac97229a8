-- Requests have left later than they may: they count for longer.
--
-- KEYS: as of `limit_acquire`. ARGV: for each window the id of the request and the time at which it has left at the latest, in
-- microseconds of this server's clock.

for i = 1, (#KEYS - 1) / 3 do
    redis.call('ZADD', KEYS[3 * i - 1], 'XX', 'GT', ARGV[2 * i], ARGV[2 * i - 1])
end
return 1
