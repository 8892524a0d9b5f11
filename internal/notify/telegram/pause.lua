-- Has nobody send for a while, or for longer.
--
-- KEYS: pause. ARGV: for how many ms at the least.
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
	redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
end
return 0
