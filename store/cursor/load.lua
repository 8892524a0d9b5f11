-- Loads a cursor from the ledger, forgetting whatever it held.
--
-- KEYS as in draw.lua    ARGV[1] ring version    ARGV[2] new epoch    ARGV[3] how many lanes    ARGV[4...] of each the field and the next turn,
-- then free turns
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'epoch', ARGV[2])
local free = 4 + 2 * tonumber(ARGV[3])
for i = 4, free - 1, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = free, #ARGV do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i]) end
return 1
