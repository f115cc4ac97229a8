-- Gives a claim back, if it is still this one.
--
-- KEYS[1]: the claim. ARGV[1]: what it begins with. Returns 1 if it was given back.

local claim = redis.call('GET', KEYS[1])
if claim and string.sub(claim, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
