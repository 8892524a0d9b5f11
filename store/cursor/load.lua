-- Loads a cursor from the ledger, forgetting whatever it held.
--
-- KEYS as in draw.lua    ARGV[1] ring version    ARGV[2] new epoch    ARGV[3] next turn    ARGV[4...] free turns
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'epoch', ARGV[2], 'next', ARGV[3])
for i = 4, #ARGV do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i]) end
return 1
